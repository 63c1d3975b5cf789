/**
 * Which saved version belongs to each page: a two-level table keyed by page number (address /
 * 4096).
 *
 * Chunks of 512 pages cover what one lowest-level page table covers (2 MiB), so that a table the
 * kernel drops as a whole is a chunk here.
 */

export const PAGES_PER_CHUNK = 512;

/** No version saved: the page had never been written, and is zeros or its file's content. */
export const ABSENT = 0;

/** In place of a version: the page is a guard, without content. */
export const GUARD = -1;

export class PageIndex {
  private readonly chunks = new Map<number, Int32Array>();

  get chunkCount(): number {
    return this.chunks.size;
  }

  get(page: number): number {
    const chunk = this.chunks.get(Math.floor(page / PAGES_PER_CHUNK));
    return chunk === undefined ? ABSENT : (chunk[page % PAGES_PER_CHUNK] ?? ABSENT);
  }

  set(page: number, slot: number): void {
    const key = Math.floor(page / PAGES_PER_CHUNK);
    let chunk = this.chunks.get(key);
    if (chunk === undefined) {
      if (slot === ABSENT) return;
      chunk = new Int32Array(PAGES_PER_CHUNK);
      this.chunks.set(key, chunk);
    }
    chunk[page % PAGES_PER_CHUNK] = slot;
  }

  /** Call `visit` for every page in [startPage, endPage) that has a version, in order. */
  forEachIn(startPage: number, endPage: number, visit: (page: number, slot: number) => void): void {
    const first = Math.floor(startPage / PAGES_PER_CHUNK);
    const last = Math.floor((endPage - 1) / PAGES_PER_CHUNK);
    if (last - first < this.chunks.size) {
      for (let key = first; key <= last; key += 1) this.visitChunk(key, startPage, endPage, visit);
      return;
    }
    const keys = [...this.chunks.keys()].filter((key) => key >= first && key <= last);
    for (const key of keys.sort((a, b) => a - b)) this.visitChunk(key, startPage, endPage, visit);
  }

  /** Call `visit` for every page that has a version: those of a piece in order, pieces in none. */
  forEach(visit: (page: number, slot: number) => void): void {
    for (const key of this.chunks.keys()) this.visitChunk(key, 0, Infinity, visit);
  }

  /** Pages that have a version, other than a guard. */
  countVersions(): number {
    let count = 0;
    for (const chunk of this.chunks.values()) {
      for (const slot of chunk) if (slot > ABSENT) count += 1;
    }
    return count;
  }

  keys(): IterableIterator<number> {
    return this.chunks.keys();
  }

  /** The first page of a chunk that has a version; -1 when none has. */
  firstPageOf(key: number): number {
    const chunk = this.chunks.get(key);
    if (chunk === undefined) return -1;
    const index = chunk.findIndex((slot) => slot !== ABSENT);
    return index < 0 ? -1 : key * PAGES_PER_CHUNK + index;
  }

  clear(): void {
    this.chunks.clear();
  }

  private visitChunk(
    key: number,
    startPage: number,
    endPage: number,
    visit: (page: number, slot: number) => void,
  ): void {
    const chunk = this.chunks.get(key);
    if (chunk === undefined) return;
    const base = key * PAGES_PER_CHUNK;
    const from = Math.max(startPage - base, 0);
    const to = Math.min(endPage - base, PAGES_PER_CHUNK);
    for (let index = from; index < to; index += 1) {
      const slot = chunk[index] ?? ABSENT;
      if (slot !== ABSENT) visit(base + index, slot);
    }
  }
}
