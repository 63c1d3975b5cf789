/**
 * Finds the pages of a stopped process that were written since they were protected last.
 *
 * Two questions to the kernel, together the truth about every page of every tracked mapping:
 * 1. PAGEMAP_SCAN for "written": pages whose protection is gone. A page that was dropped
 *    (MADV_DONTNEED) has lost it too, and so has one that never existed, and a hole without page
 *    tables.
 *    In private mappings of files a dropped page keeps its protection, also when it is read in
 *    again: one that was written before and is the file's now, or not there, is looked at again.
 *    A page of the pool of huge ones that was written and then dropped has lost its protection,
 *    and is a hole that is not reported as written.
 * 2. Mappings without registration are new: a scan for them alone.
 */
import { PAGE_SIZE, TASK_SIZE } from '../../arch/x64/syscalls.ts';
import type { Range } from '../../procfs/maps.ts';
import {
  PAGE_IS_FILE,
  PAGE_IS_GUARD,
  PAGE_IS_PFNZERO,
  PAGE_IS_PRESENT,
  PAGE_IS_SWAPPED,
  PagemapScanner,
  SCAN_GUARDS,
  SCAN_NOT_OWN,
  SCAN_POPULATED,
  SCAN_POPULATED_ANONYMOUS,
  SCAN_UNREGISTERED,
  SCAN_WRITTEN,
  SCAN_WRITTEN_AND_PROTECT,
  type ScanMasks,
} from '../../sys/pagemap-scan.ts';
import { uffdioWriteUnprotect } from '../../sys/userfaultfd.ts';
import { PageRanges } from './page-ranges.ts';

/** Memory of one kind. */
export interface Part extends Range {
  /** Its pages may be those of files; else they are its own, or the zero page. */
  readonly isOfFiles: boolean;
}

export class WrittenPages {
  private readonly pagemapFd: number;
  private readonly uffd: number;
  private readonly scanner = new PagemapScanner();

  constructor(pagemapFd: number, uffd: number) {
    this.pagemapFd = pagemapFd;
    this.uffd = uffd;
  }

  /**
   * Append the written pages of a range to `found`. With `protect` they are protected again in the
   * same walk; without, ranges of `untracked` mappings are left out here.
   */
  scan(
    found: PageRanges,
    { start, end }: Range,
    protect: boolean,
    untracked: readonly Range[],
  ): void {
    const masks = protect ? SCAN_WRITTEN_AND_PROTECT : SCAN_WRITTEN;
    for (let from = start; from < end; from = this.scanner.walkEnd) {
      this.scanner.scan(this.pagemapFd, masks, from, end);
      this.take(found, protect, untracked);
      if (this.scanner.walkEnd <= from) break;
    }
  }

  /** Visit what a scan with `masks` tells of a range. */
  forEachRegion(
    masks: ScanMasks,
    { start, end }: Range,
    visit: (start: number, end: number, categories: number) => void,
  ): void {
    const { scanner } = this;
    for (let from = start; from < end; from = scanner.walkEnd) {
      scanner.scan(this.pagemapFd, masks, from, end);
      for (let index = 0; index < scanner.count; index += 1) {
        visit(scanner.start(index), scanner.end(index), scanner.categories(index));
      }
      if (scanner.walkEnd <= from) break;
    }
  }

  /**
   * Append pages of `files` that may have been dropped: to `read` those that have been read in
   * again, to `away` those that are not in memory.
   */
  findDropped(read: PageRanges, away: PageRanges, files: readonly Range[]): void {
    const { scanner } = this;
    for (const { start, end } of files) {
      for (let from = start; from < end; from = scanner.walkEnd) {
        scanner.scan(this.pagemapFd, SCAN_NOT_OWN, from, end);
        for (let index = 0; index < scanner.count; index += 1) {
          const kind = scanner.categories(index);
          if ((kind & PAGE_IS_GUARD) !== 0) continue;
          // Only the place of one of the pool is known where none is there: it is a hole.
          const isOwn = (kind & (PAGE_IS_FILE | PAGE_IS_SWAPPED)) === 0;
          if (isOwn && (kind & PAGE_IS_PRESENT) !== 0) continue;
          const list = (kind & PAGE_IS_SWAPPED) === 0 ? read : away;
          list.push(scanner.start(index) / PAGE_SIZE, scanner.end(index) / PAGE_SIZE);
        }
        if (scanner.walkEnd <= from) break;
      }
    }
  }

  /** Append the guard pages in [start, end). */
  findGuards(found: PageRanges, start: number, end: number): void {
    const { scanner } = this;
    for (let from = start; from < end && scanner.guardBit !== 0; from = scanner.walkEnd) {
      scanner.scan(this.pagemapFd, SCAN_GUARDS, from, end);
      for (let index = 0; index < scanner.count; index += 1) {
        found.push(scanner.start(index) / PAGE_SIZE, scanner.end(index) / PAGE_SIZE);
      }
      if (scanner.walkEnd <= from) break;
    }
  }

  /** Protect [start, end) without asking what was written there. */
  protect(start: number, end: number): void {
    for (let from = start; from < end; from = this.scanner.walkEnd) {
      this.scanner.scan(this.pagemapFd, SCAN_WRITTEN_AND_PROTECT, from, end);
      if (this.scanner.walkEnd <= from) break;
    }
  }

  /**
   * Lift the protection of [start, end), where guard pages are about to be installed: all of it is
   * written from now on. In private mappings of files the kernel (6.18) goes round for ever trying
   * to drop what marks a page as protected.
   */
  lift(start: number, end: number): void {
    if (uffdioWriteUnprotect(this.uffd, start, end) === 0) return;
    // Part of it is not registered: the rest by itself.
    const others = new PageRanges();
    this.findUnregistered(others, start, end);
    const { starts, ends } = others;
    const edges = [start, ...starts.flatMap((from, index) => [from, ends[index] ?? from]), end];
    for (let index = 0; index + 1 < edges.length; index += 2) {
      const [from = 0, to = 0] = edges.slice(index, index + 2);
      if (from < to) uffdioWriteUnprotect(this.uffd, from, to);
    }
  }

  /** Ranges of mappings in [start, end) that are not registered, in order. */
  findUnregistered(found: PageRanges, start = 0, end = TASK_SIZE): void {
    while (start < end) {
      this.scanner.scan(this.pagemapFd, SCAN_UNREGISTERED, start, end);
      for (let index = 0; index < this.scanner.count; index += 1) {
        found.push(this.scanner.start(index), this.scanner.end(index));
      }
      if (this.scanner.walkEnd <= start) break;
      start = this.scanner.walkEnd;
    }
  }

  /**
   * Visit the pages in [startPage, endPage) that hold something of their own: neither a hole, nor
   * the shared zero page, nor an unchanged page of a file. Guard pages go to `guards`. Holes that
   * are protected are among them: until that is lifted they look as what is swapped out does.
   */
  forEachOwnPage(
    startPage: number,
    endPage: number,
    visit: (page: number) => void,
    guards?: PageRanges,
  ): void {
    const part = { start: startPage * PAGE_SIZE, end: endPage * PAGE_SIZE };
    this.forEachOwnRun(this.pagemapFd, SCAN_POPULATED, part, guards, (first, last) => {
      for (let page = first; page < last; page += 1) visit(page);
    });
  }

  /**
   * Append the same pages to `own`, or those of another process's pagemap. `part` lies in one
   * mapping, or in several of a kind. Whether all are sure: none can be a hole that is protected.
   */
  listOwn(own: PageRanges, part: Part, guards?: PageRanges, fd = this.pagemapFd): boolean {
    const masks = part.isOfFiles ? SCAN_POPULATED : SCAN_POPULATED_ANONYMOUS;
    let areSure = true;
    this.forEachOwnRun(fd, masks, part, guards, (first, last, isSure) => {
      own.pushJoined(first, last);
      areSure &&= isSure;
    });
    return areSure;
  }

  private forEachOwnRun(
    pagemapFd: number,
    masks: ScanMasks,
    part: Range,
    guards: PageRanges | undefined,
    visit: (first: number, end: number, isSure: boolean) => void,
  ): void {
    const { scanner } = this;
    const { end } = part;
    for (let { start } = part; start < end;) {
      scanner.scan(pagemapFd, masks, start, end);
      const next = scanner.walkEnd;
      for (let index = 0; index < scanner.count; index += 1) {
        const kind = scanner.categories(index);
        const [first, last] = [scanner.start(index) / PAGE_SIZE, scanner.end(index) / PAGE_SIZE];
        if ((kind & PAGE_IS_PFNZERO) !== 0) continue;
        if ((kind & PAGE_IS_GUARD) !== 0) {
          guards?.push(first, last);
          continue;
        }
        if ((kind & PAGE_IS_FILE) !== 0 && (kind & PAGE_IS_SWAPPED) === 0) continue;
        visit(first, last, (kind & PAGE_IS_PRESENT) !== 0);
      }
      if (next <= start) break;
      start = next;
    }
  }

  private take(found: PageRanges, protect: boolean, untracked: readonly Range[]): void {
    for (let index = 0; index < this.scanner.count; index += 1) {
      const from = this.scanner.start(index);
      const to = this.scanner.end(index);
      if (protect) found.push(from / PAGE_SIZE, to / PAGE_SIZE);
      else pushWithout(found, from, to, untracked);
    }
  }
}

/** Append [from, to) without the parts that lie in `holes`; bytes in, pages out. */
function pushWithout(found: PageRanges, from: number, to: number, holes: readonly Range[]): void {
  let start = from;
  for (const hole of holes) {
    if (hole.end <= start) continue;
    if (hole.start >= to) break;
    if (hole.start > start) found.push(start / PAGE_SIZE, hole.start / PAGE_SIZE);
    start = Math.max(start, hole.end);
  }
  if (start < to) found.push(start / PAGE_SIZE, to / PAGE_SIZE);
}
