/** Writes pages back to the target: a version each, zeros, or the content of their file. */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { findMapping, isAnonymous, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import type { PageHistory } from '../../points/page-history.ts';
import { ABSENT, GUARD } from '../../points/page-index.ts';
import type { PageStore } from '../../store/page-store.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { MappingTable } from './mapping-table.ts';
import { PageWriter } from './page-copier.ts';
import { dropRun, replaceRun, splitRuns, type PageRun } from './page-runs.ts';
import type { Unwatched } from './unwatched-pages.ts';
import type { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

/**
 * Longer runs of zero pages are dropped by one remote call instead of being written. Measured: a
 * page costs 0.5 µs to write, a remote call about 20.
 */
const ZERO_RUN_MAX_PAGES = 32;

export interface RestoreCount {
  readonly pagesRestored: number;
  readonly pagesDropped: number;
  readonly lost: readonly number[];
  /** Pages of private files that are anonymous memory now: behind the end of their file. */
  readonly replaced: readonly PageRun[];
  /** Unwatched ranges that could not be put back. */
  readonly changed: readonly Range[];
}

/** What is mapped when pages are to be written back. */
export interface MemoryNow {
  readonly table: MappingTable;
  readonly attributes: readonly AttributeRange[];
  /** What no registration covers. */
  readonly untracked: readonly Range[];
  /** Mapped anew: all of it must be written back. */
  readonly renewed: readonly Range[];
  readonly unwatched: readonly Unwatched[];
  /** With pages that are as they were, and may go at any moment: all of them are written to. */
  readonly freed: readonly Range[];
}

export class PageRestorer {
  private readonly written: WrittenPages;
  private readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly writer: PageWriter;
  private readonly zeroPage = new NativeBuffer(PAGE_SIZE);

  constructor(target: TargetMemory, written: WrittenPages, store: PageStore, history: PageHistory) {
    this.written = written;
    this.store = store;
    this.history = history;
    this.writer = new PageWriter(target);
  }

  begin(): void {
    this.writer.reset();
  }

  /** Pages that could not be written. */
  get lost(): readonly number[] {
    return this.writer.lost;
  }

  /** Queue the written pages that have a version; the others that exist go to `absent`. */
  queueFound(found: PageRanges, absent: number[], guards: PageRanges): number {
    const { history } = this;
    let count = 0;
    for (let index = 0; index < found.length; index += 1) {
      const start = at(found.starts, index);
      const end = at(found.ends, index);
      let known = 0;
      for (let page = start; page < end; page += 1) {
        const slot = history.current.get(page);
        if (slot === ABSENT) continue;
        known += 1;
        count += this.queue(page, slot);
      }
      if (known === end - start) continue;
      const note = (page: number): void => {
        if (history.current.get(page) === ABSENT) absent.push(page);
      };
      this.written.forEachOwnPage(start, end, note, guards);
    }
    return count;
  }

  /** Of a range of which the scan does not tell what was written there. */
  queueUnsure({ start, end }: Range, absent: number[]): number {
    const { current } = this.history;
    const count = this.queueVersions({ start, end });
    this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, (page) => {
      if (current.get(page) === ABSENT) absent.push(page);
    });
    return count;
  }

  /** All that have a version in a range. */
  queueVersions({ start, end }: Range, visit?: (page: number) => void): number {
    let count = 0;
    this.history.current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page, slot) => {
      count += this.queue(page, slot);
      visit?.(page);
    });
    return count;
  }

  /** Those of `own` that have no version go to `absent`. */
  listAbsent(own: PageRanges, absent: number[]): void {
    own.forEachPage((page) => {
      if (this.history.current.get(page) === ABSENT) absent.push(page);
    });
  }

  queueTouched(touched: number[], absent: number[], table: MappingTable): number {
    const pages = Float64Array.from(touched).sort();
    let count = 0;
    let last = -1;
    for (const page of pages) {
      if (page === last) continue;
      last = page;
      const slot = this.history.current.get(page);
      if (slot !== ABSENT) count += this.queue(page, slot);
      else if (findMapping(table.mappings, page * PAGE_SIZE) !== undefined) absent.push(page);
    }
    return count;
  }

  /** Have a version written; how many pages that makes. */
  queue(page: number, slot: number): number {
    if (slot === GUARD) return 0;
    this.writer.push(page, this.store.address(slot));
    return 1;
  }

  /** Write all that is queued; whether something could not be written. */
  flush(): boolean {
    this.writer.flush();
    return this.writer.lost.length > 0;
  }

  /** What could not be written may be writable now. */
  tryAgain(): void {
    for (const page of this.writer.lost.splice(0)) {
      const slot = this.history.current.get(page);
      if (slot > ABSENT) this.queue(page, slot);
      else this.writer.lost.push(page);
    }
    this.writer.flush();
  }

  /** Pages that cannot be written because their file ends before them now. */
  replaceLost(table: MappingTable, remote: RemoteSource): PageRun[] {
    const lost = this.writer.lost.splice(0);
    const replaced: PageRun[] = [];
    for (const run of splitRuns(lost, table.mappings)) {
      const { first, end } = run;
      const isReplaced = replaceRun(run, remote);
      if (isReplaced) replaced.push(run);
      for (let page = first; page < end; page += 1) {
        const slot = this.history.current.get(page);
        if (isReplaced && slot > ABSENT) this.queue(page, slot);
        else this.writer.lost.push(page);
      }
    }
    this.writer.flush();
    return replaced;
  }

  /** Give pages that had no content at the point back to what they were: zeros, or the file's. */
  dropPages(absent: number[], table: MappingTable, remote: RemoteSource): number {
    if (absent.length === 0) return 0;
    for (const { first, end, mapping } of splitRuns(absent, table.mappings)) {
      const isWritten = isAnonymous(mapping) && mapping.writable;
      if (isWritten && end - first <= ZERO_RUN_MAX_PAGES) this.zero(first, end);
      else if (!dropRun(first, end, remote)) this.writer.lost.push(first);
    }
    return absent.length;
  }

  private zero(first: number, end: number): void {
    for (let page = first; page < end; page += 1) this.writer.push(page, this.zeroPage.address);
  }
}
