/**
 * A little-endian reading position in a buffer that fails softly: reading past the end gives zero
 * and clears `ok`, so that parsers of untrusted files check once per step and never throw.
 */
const TWO_TO_32 = 2 ** 32;

/** Chosen: the longest path; what is longer is cut. */
export const MAX_STRING_BYTES = 4096;

/** The most bytes a 64-bit LEB128 number takes: ceil(64 / 7). */
const MAX_LEB128_BYTES = 10;

export class ByteCursor {
  readonly #bytes: Buffer;
  readonly #end: number;
  position: number;
  ok = true;

  /** Reads `bytes` from `start` to `end` (exclusive). */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#end = Math.min(end, bytes.length);
    this.position = start;
    if (!(start >= 0 && start <= this.#end)) this.#fail();
  }

  get end(): number {
    return this.#end;
  }

  /** Whether there is something left to read and nothing has failed. */
  get hasMore(): boolean {
    return this.ok && this.position < this.#end;
  }

  u8(): number {
    const at = this.#advance(1);
    return at < 0 ? 0 : (this.#bytes[at] ?? 0);
  }

  u16(): number {
    const at = this.#advance(2);
    return at < 0 ? 0 : this.#bytes.readUInt16LE(at);
  }

  u32(): number {
    const at = this.#advance(4);
    return at < 0 ? 0 : this.#bytes.readUInt32LE(at);
  }

  /** A 64-bit number; above 2^53 rounded, which no valid address, offset or size is. */
  u64(): number {
    const low = this.u32();
    return low + this.u32() * TWO_TO_32;
  }

  /** A 64-bit number, exact. */
  exactU64(): bigint {
    const at = this.#advance(8);
    return at < 0 ? 0n : this.#bytes.readBigUInt64LE(at);
  }

  /** A DWARF offset: 8 bytes in the 64-bit format, else 4. */
  offset(is64Bit: boolean): number {
    return is64Bit ? this.u64() : this.u32();
  }

  uleb128(): number {
    let value = 0;
    for (let index = 0; index < MAX_LEB128_BYTES; index++) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if ((byte & 0x80) === 0) return value;
    }
    return this.#fail();
  }

  sleb128(): number {
    let value = 0;
    for (let index = 0; index < MAX_LEB128_BYTES; index++) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if ((byte & 0x80) === 0) {
        return (byte & 0x40) === 0 ? value : value - 2 ** (7 * (index + 1));
      }
    }
    return this.#fail();
  }

  /** A NUL-terminated string; the rest of one that is too long is passed over. */
  string(): string {
    const start = this.position;
    const end = this.ok ? this.#bytes.indexOf(0, start) : -1;
    if (end < 0 || end >= this.#end) {
      this.#fail();
      return '';
    }
    this.position = end + 1;
    return this.#bytes.toString('utf8', start, Math.min(end, start + MAX_STRING_BYTES));
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** Takes `count` bytes, returns where they began or -1. */
  #advance(count: number): number {
    const start = this.position;
    if (!this.ok || !(count >= 0) || count > this.#end - start) return this.#fail();
    this.position = start + count;
    return start;
  }

  #fail(): -1 {
    this.ok = false;
    this.position = this.#end;
    return -1;
  }
}
