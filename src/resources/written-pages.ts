/**
 * Finds the pages of a stopped process that were written since they were protected last.
 *
 * Three questions to the kernel, together the truth about every page of every tracked mapping:
 * 1. PAGEMAP_SCAN for "written": pages whose protection is gone. A page that was dropped
 *    (MADV_DONTNEED) has lost it too, and so has one that never existed.
 * 2. Since 6.14 the kernel also frees whole page tables on MADV_DONTNEED, and the scan passes over
 *    the hole: one known page of each 2 MiB that a mapping covers wholly is looked up in the pagemap.
 * 3. Mappings without registration are new: a scan for them alone.
 */
import { PAGE_SIZE, TASK_SIZE } from '../arch/x64/syscalls.ts';
import { PAGES_PER_CHUNK, type PageIndex } from '../snapshot/page-index.ts';
import type { Range } from '../procfs/maps.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { pread } from '../sys/file.ts';
import {
  PAGE_IS_FILE,
  PAGE_IS_PFNZERO,
  PAGE_IS_SWAPPED,
  PagemapScanner,
  SCAN_POPULATED,
  SCAN_UNREGISTERED,
  SCAN_WRITTEN,
  SCAN_WRITTEN_AND_PROTECT,
} from '../sys/pagemap-scan.ts';

const ENTRY_SIZE = 8;
/** Bits 63 and 62 of a pagemap entry, in its high word: present, swapped. */
const POPULATED_HIGH = 0xc0000000;

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

  countPages(): number {
    let count = 0;
    for (let i = 0; i < this.length; i += 1) count += (this.ends[i] ?? 0) - (this.starts[i] ?? 0);
    return count;
  }
}

export class WrittenPages {
  private readonly pagemapFd: number;
  private readonly scanner = new PagemapScanner();
  private readonly entry = new NativeBuffer(ENTRY_SIZE);
  private readonly samples: number[] = [];
  private sampledChunks = -1;

  constructor(pagemapFd: number) {
    this.pagemapFd = pagemapFd;
  }

  /**
   * Append the written pages to `found`. With `protect` they are protected again in the same walk;
   * without, ranges of `untracked` mappings are left out here.
   */
  scan(found: PageRanges, protect: boolean, untracked: readonly Range[]): void {
    const masks = protect ? SCAN_WRITTEN_AND_PROTECT : SCAN_WRITTEN;
    let start = 0;
    while (start < TASK_SIZE) {
      this.scanner.scan(this.pagemapFd, masks, start, TASK_SIZE);
      for (let index = 0; index < this.scanner.count; index += 1) {
        const from = this.scanner.start(index);
        const to = this.scanner.end(index);
        if (protect) found.push(from / PAGE_SIZE, to / PAGE_SIZE);
        else pushWithout(found, from, to, untracked);
      }
      if (this.scanner.walkEnd <= start) break;
      start = this.scanner.walkEnd;
    }
  }

  /** Ranges of mappings that are not registered, in order. */
  findUnregistered(found: PageRanges): void {
    let start = 0;
    while (start < TASK_SIZE) {
      this.scanner.scan(this.pagemapFd, SCAN_UNREGISTERED, start, TASK_SIZE);
      for (let index = 0; index < this.scanner.count; index += 1) {
        found.push(this.scanner.start(index), this.scanner.end(index));
      }
      if (this.scanner.walkEnd <= start) break;
      start = this.scanner.walkEnd;
    }
  }

  /**
   * Visit the pages in [startPage, endPage) that hold something of their own: neither a hole, nor
   * the shared zero page, nor an unchanged page of a file.
   */
  forEachOwnPage(startPage: number, endPage: number, visit: (page: number) => void): void {
    const { scanner } = this;
    const end = endPage * PAGE_SIZE;
    let start = startPage * PAGE_SIZE;
    while (start < end) {
      scanner.scan(this.pagemapFd, SCAN_POPULATED, start, end);
      const next = scanner.walkEnd;
      for (let index = 0; index < scanner.count; index += 1) {
        const kind = scanner.categories(index);
        if ((kind & PAGE_IS_PFNZERO) !== 0) continue;
        if ((kind & PAGE_IS_FILE) !== 0 && (kind & PAGE_IS_SWAPPED) === 0) continue;
        const last = scanner.end(index) / PAGE_SIZE;
        for (let page = scanner.start(index) / PAGE_SIZE; page < last; page += 1) visit(page);
      }
      if (next <= start) break;
      start = next;
    }
  }

  /** Choose the pages to look up; call when mappings or the set of known chunks have changed. */
  chooseSamples(index: PageIndex, mappings: readonly Range[]): void {
    if (this.sampledChunks === index.chunkCount) return;
    this.sampledChunks = index.chunkCount;
    this.samples.length = 0;
    for (const key of index.keys()) {
      const start = key * PAGES_PER_CHUNK * PAGE_SIZE;
      const end = start + PAGES_PER_CHUNK * PAGE_SIZE;
      if (mappings.some((mapping) => mapping.start <= start && mapping.end >= end)) {
        this.samples.push(key);
      }
    }
  }

  /** Forget the samples: the mappings have changed. */
  invalidateSamples(): void {
    this.sampledChunks = -1;
  }

  /** Append every known page of a chunk whose page table is gone. */
  findDropped(index: PageIndex, found: PageRanges): void {
    for (const key of this.samples) {
      const page = index.firstPageOf(key);
      if (page < 0) continue;
      const size = pread(this.pagemapFd, this.entry.address, ENTRY_SIZE, page * ENTRY_SIZE);
      if (size !== ENTRY_SIZE || ((this.entry.words[1] ?? 0) & POPULATED_HIGH) !== 0) continue;
      found.push(key * PAGES_PER_CHUNK, (key + 1) * PAGES_PER_CHUNK);
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
