/**
 * Words of which most are zeros, in few bytes: what is to be kept of a thread's extended state,
 * whose format has room for all that a processor may have in use.
 *
 *   packed    a bit for each block of 64 bytes that is not all zeros (32 bytes), then those blocks
 */

/** As many as the bits are for. */
export const BLOCKS_MAX_BYTES = 16384;

const WORDS_PER_BLOCK = 16;
const BITMAP_WORDS = BLOCKS_MAX_BYTES / 4 / WORDS_PER_BLOCK / 32;

export class SparseBlocks {
  /** What is being packed or unpacked. */
  private readonly words = new Int32Array(BITMAP_WORDS + BLOCKS_MAX_BYTES / 4);
  private readonly bytes = Buffer.from(this.words.buffer);

  /**
   * The words from `start` to `end` packed: `former` itself, where that is the same.
   *
   * @param end exclusive, a whole number of blocks from `start`
   */
  pack(from: Uint32Array, start: number, end: number, former: Uint8Array | undefined): Uint8Array {
    const size = this.packWords(from, start, end);
    const isSame = former?.length === size && this.bytes.compare(former, 0, size, 0, size) === 0;
    return isSame ? former : new Uint8Array(this.bytes.subarray(0, size));
  }

  /** To `start` and beyond, where all is zeros. */
  unpack(packed: Uint8Array, to: Uint32Array, start: number): void {
    const { words } = this;
    this.bytes.set(packed, 0);
    let from = BITMAP_WORDS;
    for (let block = 0; from * 4 < packed.length; block += 1) {
      if (((words[block >> 5] ?? 0) & (1 << (block & 31))) === 0) continue;
      const at = start + block * WORDS_PER_BLOCK;
      for (let word = 0; word < WORDS_PER_BLOCK; word += 1) to[at + word] = words[from + word] ?? 0;
      from += WORDS_PER_BLOCK;
    }
  }

  /** How many bytes it takes. */
  private packWords(from: Uint32Array, start: number, end: number): number {
    const { words } = this;
    words.fill(0, 0, BITMAP_WORDS);
    let to = BITMAP_WORDS;
    for (let block = 0, at = start; at < end; block += 1, at += WORDS_PER_BLOCK) {
      let bits = 0;
      for (let word = 0; word < WORDS_PER_BLOCK; word += 1) {
        const value = from[at + word] ?? 0;
        words[to + word] = value;
        bits |= value;
      }
      if (bits === 0) continue;
      const map = block >> 5;
      words[map] = (words[map] ?? 0) | (1 << (block & 31));
      to += WORDS_PER_BLOCK;
    }
    return to * 4;
  }
}
