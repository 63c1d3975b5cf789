/** Cuts a stream of bytes into lines, and refuses a line that is longer than it may be. */

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #pendingBytes = 0;

  /** @param maxBytes the longest line accepted, without its newline */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the lines they complete, or undefined if a line is too long: the stream is then of no
   *   more use
   */
  push(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      if (this.#pendingBytes + end - start > this.#maxBytes) return undefined;
      lines.push(this.#complete(chunk.subarray(start, end)));
      start = end + 1;
    }
    this.#pendingBytes += chunk.length - start;
    if (this.#pendingBytes > this.#maxBytes) return undefined;
    if (start < chunk.length) this.#parts.push(chunk.subarray(start));
    return lines;
  }

  #complete(last: Buffer): string {
    const line = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#pendingBytes = 0;
    return line.toString('utf8');
  }
}
