/** Cuts a stream of bytes into lines; one that is longer than it may be is passed over, counted. */

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #pendingBytes = 0;
  #isTooLong = false;
  #tooLongCount = 0;

  /** @param maxBytes the longest line accepted, without its newline */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many lines were too long so far; such a line counts before its end has come. */
  get tooLongCount(): number {
    return this.#tooLongCount;
  }

  /** Takes the next bytes; returns the lines they complete. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      this.#take(chunk.subarray(start, newline < 0 ? chunk.length : newline));
      if (newline < 0) return lines;
      const line = this.#complete();
      if (line !== undefined) lines.push(line);
      start = newline + 1;
    }
  }

  /** The stream has ended: what has come of a line without a newline, if anything. */
  end(): string | undefined {
    return this.#pendingBytes === 0 ? undefined : this.#complete();
  }

  #take(bytes: Buffer): void {
    if (this.#isTooLong || bytes.length === 0) return;
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes <= this.#maxBytes) {
      this.#parts.push(bytes);
      return;
    }
    this.#isTooLong = true;
    this.#tooLongCount += 1;
    this.#parts = [];
  }

  /** Undefined: it was too long. */
  #complete(): string | undefined {
    const [first = Buffer.alloc(0), ...rest] = this.#parts;
    const line = rest.length === 0 ? first : Buffer.concat(this.#parts);
    const isWhole = !this.#isTooLong;
    this.#parts = [];
    this.#pendingBytes = 0;
    this.#isTooLong = false;
    return isWhole ? line.toString('utf8') : undefined;
  }
}
