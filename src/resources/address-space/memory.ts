/**
 * The memory resource: which pages were written, saved versions of them, and writing them back.
 *
 * Invariants
 * 1. Every page that differs from its newest saved version is reported by the next scan, or is in
 *    `found` from a capture that failed.
 * 2. A page without a saved version held zeros, or its file's content, at every live point.
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { isAnonymous, findMapping } from '../../procfs/maps.ts';
import { PageHistory, type PageDelta } from '../../points/page-history.ts';
import { ABSENT, PAGES_PER_CHUNK } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { PageStore } from '../../store/page-store.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { MappingTable } from './mapping-table.ts';
import { Coverage } from './coverage.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { dropRun, splitRuns } from './page-runs.ts';
import { PageReader, PageWriter } from './page-copier.ts';
import { WrittenFiles } from './written-files.ts';
import { PageRanges, type WrittenPages } from './written-pages.ts';

/**
 * From this many pages on, those written back are protected again at once, which costs a scan;
 * fewer are copied again by the next one.
 */
const PROTECT_AGAIN_MIN_PAGES = 16;
/**
 * Longer runs of zero pages are dropped by one remote call instead of being written. Measured: a
 * page costs 0.5 µs to write, a remote call about 20.
 */
const ZERO_RUN_MAX_PAGES = 32;

export interface RestoreCount {
  readonly pagesRestored: number;
  readonly pagesDropped: number;
  readonly lost: readonly number[];
}

export class Memory {
  readonly store: PageStore;
  readonly history: PageHistory;
  private readonly written: WrittenPages;
  private readonly found = new PageRanges();
  private readonly dropped = new PageRanges();
  private readonly reader: PageReader;
  private readonly writer: PageWriter;
  private readonly zeroPage = new NativeBuffer(PAGE_SIZE);
  private readonly coverage = new Coverage();
  private hasLeftovers = false;
  /** The mappings at the last capture or rollback. */
  private lastTable: MappingTable | undefined = undefined;
  /** Ranges that a capture that failed had explored. */
  private pendingRanges: readonly Range[] = [];
  private exploredNow: Range[] = [];
  private readonly files = new WrittenFiles();

  constructor(target: TargetMemory, written: WrittenPages, store: PageStore) {
    this.store = store;
    this.history = new PageHistory((slot) => {
      store.free(slot);
    });
    this.written = written;
    this.reader = new PageReader(target);
    this.writer = new PageWriter(target);
  }

  /**
   * Save what was written since the last point into a new delta. `renewed`: ranges mapped anew.
   * Throws when memory runs out; then nothing is lost and no delta was added.
   */
  capture(table: MappingTable, newRanges: readonly Range[]): PageDelta {
    const { history, found } = this;
    const former = this.lastTable ?? table;
    const renewed = [...this.pendingRanges, ...newRanges];
    const delta = history.begin();
    try {
      delta.seen = this.hasLeftovers || renewed.length > 0 ? new Set() : undefined;
      if (former !== table) this.forgetUnmapped(delta, former, table);
      if (former !== table || renewed.length > 0) this.updateCoverage(table, renewed);
      this.reader.reset();
      this.exploredNow = [];
      for (const range of renewed) this.forgetRange(delta, range);
      for (const range of renewed) if (!this.coverage.isLarge(range)) this.explore(delta, range);
      this.exploreLarge(delta);
      this.hasLeftovers = true;
      this.written.scan(found, this.coverage.spans, true, []);
      this.findDropped(table, delta);
      this.saveFound(delta);
    } catch (error) {
      history.undoNewest([]);
      // What was protected is not saved after all: it is new once more for the next capture.
      this.pendingRanges = [...renewed, ...this.exploredNow];
      throw error;
    }
    found.clear();
    this.hasLeftovers = false;
    this.pendingRanges = [];
    this.lastTable = table;
    delta.seen = undefined;
    return delta;
  }

  /** Make every page what it was when `delta` was made; newer deltas are dropped. */
  restore(
    delta: PageDelta,
    table: MappingTable,
    untracked: readonly Range[],
    renewed: readonly Range[],
    remote: RemoteSource,
  ): RestoreCount {
    const { history, found } = this;
    const touched: number[] = [];
    while (history.newest !== undefined && history.newest !== delta) history.undoNewest(touched);
    if (renewed.length > 0) this.updateCoverage(table, renewed);
    this.written.scan(found, this.coverage.spans, false, untracked);
    this.findDropped(table, undefined);
    this.writer.reset();
    const absent: number[] = [];
    let count = this.queueFound(absent);
    for (const { start, end } of this.coverage.unexplored) {
      this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, (page) => {
        const slot = history.current.get(page);
        if (slot === ABSENT) absent.push(page);
        else this.writer.push(page, this.store.address(slot));
      });
    }
    for (const range of renewed) {
      const isLarge = this.coverage.isLarge(range);
      history.current.forEachIn(range.start / PAGE_SIZE, range.end / PAGE_SIZE, (page, slot) => {
        this.writer.push(page, this.store.address(slot));
        if (isLarge) this.coverage.explore(page);
        count += 1;
      });
    }
    if (touched.length > 0) count += this.queueTouched(touched, absent, table);
    const dropped = this.dropPages(absent, table, remote);
    this.writer.flush();
    if (count >= PROTECT_AGAIN_MIN_PAGES) this.protectAgain();
    found.clear();
    this.hasLeftovers = false;
    this.lastTable = table;
    return { pagesRestored: count, pagesDropped: dropped, lost: [...this.writer.lost] };
  }

  close(): void {
    this.store.close();
  }

  /** Look again at written pages of private file mappings that are not in memory. */
  private findDropped(table: MappingTable, delta: PageDelta | undefined): void {
    const { found, history } = this;
    const dropped = this.dropped;
    this.written.findDropped(dropped, this.files.rangesOf(table, history.current));
    for (let index = 0; index < dropped.length; index += 1) {
      const end = dropped.ends[index] ?? 0;
      for (let page = dropped.starts[index] ?? 0; page < end; page += 1) {
        if (history.current.get(page) === ABSENT) continue;
        if (delta !== undefined) delta.seen ??= new Set(delta.pages);
        found.push(page, page + 1);
      }
    }
    dropped.clear();
  }

  private updateCoverage(table: MappingTable, renewed: readonly Range[]): void {
    this.coverage.update(table.tracked, renewed, this.history.current.keys());
  }

  /** Save all of a range about which nothing is known, and protect it. */
  private explore(delta: PageDelta, { start, end }: Range): void {
    this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, (page) => {
      this.savePage(delta, page);
    });
    this.written.protect(start, end);
  }

  /** Find what was touched for the first time in the unexplored parts of large mappings. */
  private exploreLarge(delta: PageDelta): void {
    const pages: number[] = [];
    for (const { start, end } of this.coverage.unexplored) {
      let chunk = -1;
      this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, (page) => {
        const key = Math.floor(page / PAGES_PER_CHUNK);
        if (key !== chunk) pages.push(page);
        chunk = key;
      });
    }
    if (pages.length === 0) return;
    delta.seen ??= new Set();
    for (const page of pages) {
      const range = this.coverage.explore(page);
      this.exploredNow.push(range);
      this.explore(delta, range);
    }
  }

  /** Protect what was just written back: else every later scan would report it once more. */
  private protectAgain(): void {
    for (const { start, end } of this.coverage.spans) this.written.protect(start, end);
  }

  private saveFound(delta: PageDelta): void {
    const { found, history } = this;
    const doubtful: number[] = [];
    for (let index = 0; index < found.length; index += 1) {
      const start = found.starts[index] ?? 0;
      const end = found.ends[index] ?? 0;
      let known = 0;
      for (let page = start; page < end; page += 1) {
        if (history.current.get(page) === ABSENT) continue;
        known += 1;
        this.savePage(delta, page);
      }
      if (known === end - start) continue;
      this.written.forEachOwnPage(start, end, (page, isSure) => {
        if (history.current.get(page) !== ABSENT) return;
        this.files.invalidate();
        this.savePage(delta, page);
        if (!isSure) doubtful.push(page);
      });
    }
    this.reader.flush();
    if (this.reader.lost.length + doubtful.length === 0) return;
    delta.seen ??= new Set(delta.pages);
    for (const page of this.reader.lost) history.record(delta, page, ABSENT);
    for (const page of doubtful) {
      const slot = history.current.get(page);
      if (slot !== ABSENT && this.store.isZero(slot)) history.record(delta, page, ABSENT);
    }
  }

  private savePage(delta: PageDelta, page: number): void {
    if (delta.seen?.has(page) === true && this.history.current.get(page) !== ABSENT) return;
    const slot = this.store.allocate();
    this.history.record(delta, page, slot);
    this.reader.push(page, this.store.address(slot));
  }

  private forgetRange(delta: PageDelta, { start, end }: Range): void {
    const pages: number[] = [];
    this.history.current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page) => pages.push(page));
    for (const page of pages) this.history.record(delta, page, ABSENT);
  }

  /** Pages of mappings that are gone have no content at this point. */
  private forgetUnmapped(delta: PageDelta, former: MappingTable, table: MappingTable): void {
    delta.seen ??= new Set();
    for (const old of former.tracked) {
      let start = old.start;
      for (const mapping of table.tracked) {
        if (mapping.end <= start) continue;
        if (mapping.start >= old.end) break;
        if (mapping.start > start) this.forgetRange(delta, { start, end: mapping.start });
        start = mapping.end;
      }
      if (start < old.end) this.forgetRange(delta, { start, end: old.end });
    }
  }

  /** Queue the written pages that have a version; the others that exist go to `absent`. */
  private queueFound(absent: number[]): number {
    const { found, history } = this;
    let count = 0;
    for (let index = 0; index < found.length; index += 1) {
      const start = found.starts[index] ?? 0;
      const end = found.ends[index] ?? 0;
      let known = 0;
      for (let page = start; page < end; page += 1) {
        const slot = history.current.get(page);
        if (slot === ABSENT) continue;
        known += 1;
        this.writer.push(page, this.store.address(slot));
      }
      count += known;
      if (known === end - start) continue;
      this.written.forEachOwnPage(start, end, (page) => {
        if (history.current.get(page) === ABSENT) absent.push(page);
      });
    }
    return count;
  }

  private queueTouched(touched: number[], absent: number[], table: MappingTable): number {
    const pages = Float64Array.from(touched).sort();
    let count = 0;
    let last = -1;
    for (const page of pages) {
      if (page === last) continue;
      last = page;
      const slot = this.history.current.get(page);
      if (slot !== ABSENT) {
        this.writer.push(page, this.store.address(slot));
        count += 1;
      } else if (findMapping(table.mappings, page * PAGE_SIZE) !== undefined) absent.push(page);
    }
    return count;
  }

  /** Give pages that had no content at the point back to what they were: zeros, or the file's. */
  private dropPages(absent: number[], table: MappingTable, remote: RemoteSource): number {
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
