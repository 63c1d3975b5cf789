/** Ranges of pages, as scans tell of them: ascending, and without anything allocated for each. */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { PAGES_PER_CHUNK, type PageIndex } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import { joinRanges } from './join-ranges.ts';

/** Ascending page ranges, reused from scan to scan. Ends are exclusive. */
export class PageRanges {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  get length(): number {
    return this.starts.length;
  }

  clear(): void {
    this.starts.length = 0;
    this.ends.length = 0;
  }

  push(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }

  /** As `push`, of a range behind all others: it is joined to the last one where they touch. */
  pushJoined(start: number, end: number): void {
    const last = this.length - 1;
    if (this.ends[last] === start) this.ends[last] = end;
    else this.push(start, end);
  }

  /** In order, and each page once. */
  unite(): void {
    const ranges = this.starts.map((start, index) => ({ start, end: at(this.ends, index) }));
    this.clear();
    for (const { start, end } of joinRanges(ranges)) this.push(start, end);
  }

  /** As `pushJoined` of each of the other's. */
  append(other: PageRanges): void {
    for (let index = 0; index < other.length; index += 1) {
      this.pushJoined(at(other.starts, index), at(other.ends, index));
    }
  }

  forEachPage(visit: (page: number) => void): void {
    for (let index = 0; index < this.length; index += 1) {
      const end = at(this.ends, index);
      for (let page = at(this.starts, index); page < end; page += 1) visit(page);
    }
  }

  /** Visit one page of each piece of 2 MiB that some lie in. */
  forEachChunk(visit: (page: number) => void): void {
    for (let index = 0; index < this.length; index += 1) {
      const end = at(this.ends, index);
      for (let page = at(this.starts, index); page < end;) {
        visit(page);
        page += PAGES_PER_CHUNK - (page % PAGES_PER_CHUNK);
      }
    }
  }

  /** Visit the pages that have a version. */
  forEachVersion(current: PageIndex, visit: (page: number) => void): void {
    for (let index = 0; index < this.length; index += 1) {
      current.forEachIn(at(this.starts, index), at(this.ends, index), visit);
    }
  }

  /** Append the pages in `ranges` that have a version: whatever is there, in order. */
  addVersions(current: PageIndex, ranges: readonly Range[]): void {
    for (const { start, end } of ranges) {
      current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page) => {
        this.pushJoined(page, page + 1);
      });
    }
    if (ranges.length > 0) this.unite();
  }

  countPages(): number {
    let count = 0;
    for (let i = 0; i < this.length; i += 1) count += at(this.ends, i) - at(this.starts, i);
    return count;
  }
}
