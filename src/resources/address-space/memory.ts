/**
 * The memory resource: which pages were written, saved versions of them, and writing them back.
 *
 * Invariants
 * 1. Every page that differs from its newest saved version is reported by the next scan, or is in
 *    `found` from a capture that failed.
 * 2. A page without a saved version held zeros, or its file's content, at every live point.
 */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { PageHistory, type PageDelta } from '../../points/page-history.ts';
import { ABSENT, GUARD, PAGES_PER_CHUNK } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { PageStore } from '../../store/page-store.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { MappingTable } from './mapping-table.ts';
import { GuardPages } from './guard-pages.ts';
import { Coverage } from './coverage.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { PageRestorer, type MemoryNow, type RestoreCount } from './page-restorer.ts';
import { PageReader } from './page-copier.ts';
import { isWithin } from './registration.ts';
import { UnwatchedPages, type Unwatched } from './unwatched-pages.ts';
import { WrittenFiles } from './written-files.ts';
import { PageRanges, type WrittenPages } from './written-pages.ts';

/**
 * From this many pages on, those written back are protected again at once, which costs a scan, and
 * a fault for each that the program writes to again; fewer are copied again by the next one. Chosen
 * by measuring: to write a page back once more takes a third of what protecting it does.
 */
const PROTECT_AGAIN_MIN_PAGES = 64;

export interface Captured {
  readonly delta: PageDelta;
  /** Unwatched ranges that are too large to be compared. */
  readonly uncompared: readonly Range[];
}

export class Memory {
  readonly store: PageStore;
  readonly history: PageHistory;
  private readonly written: WrittenPages;
  private readonly found = new PageRanges();
  private readonly away = new PageRanges();
  private readonly readIn = new PageRanges();
  private readonly guards: GuardPages;
  private readonly reader: PageReader;
  private readonly restorer: PageRestorer;
  readonly unwatched: UnwatchedPages;
  private readonly coverage = new Coverage();
  private hasLeftovers = false;
  /** The mappings at the last capture or rollback. */
  private lastTable: MappingTable | undefined = undefined;
  /** Ranges that a capture that failed had explored. */
  private pendingRanges: readonly Range[] = [];
  private exploredNow: Range[] = [];
  /** Unwatched memory that is not registered. */
  private refused: readonly Range[] = [];
  private readonly files = new WrittenFiles();

  constructor(target: TargetMemory, written: WrittenPages, store: PageStore) {
    this.store = store;
    this.history = new PageHistory((slot) => {
      if (slot !== GUARD) store.free(slot);
    });
    this.written = written;
    this.guards = new GuardPages(written, this.history);
    this.reader = new PageReader(target);
    this.unwatched = new UnwatchedPages(target, written, store, this.history);
    this.restorer = new PageRestorer(target, written, store, this.history);
  }

  /**
   * Save what was written since the last point into a new delta. `renewed`: ranges mapped anew.
   * Throws when memory runs out; then nothing is lost and no delta was added.
   */
  capture(
    table: MappingTable,
    newRanges: readonly Range[],
    unwatched: readonly Unwatched[],
  ): Captured {
    const { history, found } = this;
    const former = this.lastTable ?? table;
    const renewed = [...this.pendingRanges, ...newRanges];
    const delta = history.begin();
    let uncompared: readonly Range[];
    try {
      delta.seen = this.hasLeftovers || renewed.length > 0 ? new Set() : undefined;
      if (former !== table) this.forgetUnmapped(delta, former, table);
      this.refused = unwatched.filter(({ kind }) => kind !== 'registered');
      const isNew = former !== table || renewed.length + this.refused.length > 0;
      if (isNew) this.updateCoverage(table, renewed);
      this.reader.reset();
      this.exploredNow = [];
      for (const range of renewed) this.forgetRange(delta, range);
      for (const range of renewed) if (!this.coverage.isLarge(range)) this.explore(delta, range);
      this.exploreLarge(delta);
      this.hasLeftovers = true;
      this.written.scan(found, this.coverage.spans, true, []);
      this.findDropped(table, delta);
      this.saveFound(delta);
      this.guards.record(delta);
      uncompared = this.unwatched.save(delta, unwatched);
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
    return { delta, uncompared };
  }

  /** Make every page what it was when `delta` was made; newer deltas are dropped. */
  restore(
    delta: PageDelta,
    { table, attributes, untracked, renewed, unwatched }: MemoryNow,
    uncompared: readonly Range[],
    remote: RemoteSource,
  ): RestoreCount {
    const { history, found, restorer } = this;
    this.refused = unwatched.filter(({ kind }) => kind !== 'registered');
    const touched = this.undoTo(delta);
    if (renewed.length + this.refused.length > 0) this.updateCoverage(table, renewed);
    this.written.scan(found, this.coverage.spans, false, untracked);
    const mayBeAny = this.coverage.unexplored.length > 0;
    for (const page of this.guards.remove(table, mayBeAny, remote)) found.push(page, page + 1);
    this.findDropped(table, undefined);
    restorer.begin();
    const absent: number[] = [];
    let count = restorer.queueFound(found, absent, this.guards.found);
    for (const { start, end } of this.coverage.unexplored) {
      this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, (page) => {
        const slot = history.current.get(page);
        if (slot === ABSENT) absent.push(page);
        else restorer.queue(page, slot);
      });
    }
    for (const range of renewed) {
      const isLarge = this.coverage.isLarge(range);
      history.current.forEachIn(range.start / PAGE_SIZE, range.end / PAGE_SIZE, (page, slot) => {
        count += restorer.queue(page, slot);
        if (isLarge) this.coverage.explore(page);
      });
    }
    if (touched.length > 0) count += restorer.queueTouched(touched, absent, table);
    const dropped = restorer.dropPages(absent, table, remote);
    if (restorer.flush() || this.guards.found.length > 0) {
      this.guards.remove(table, true, remote);
      restorer.tryAgain();
    }
    const replaced = restorer.replaceLost(table, remote);
    const lost = [...restorer.lost, ...this.guards.install(table, attributes, remote)];
    const changed = this.unwatched.restore(unwatched, uncompared);
    if (count >= PROTECT_AGAIN_MIN_PAGES) this.protectAgain();
    found.clear();
    this.hasLeftovers = false;
    this.lastTable = table;
    return { pagesRestored: count, pagesDropped: dropped, lost, replaced, changed };
  }

  close(): void {
    this.store.close();
  }

  /** Look again at written pages of private file mappings that have been dropped since. */
  private findDropped(table: MappingTable, delta: PageDelta | undefined): void {
    const { found, history, away, readIn } = this;
    this.written.findDropped(readIn, away, this.files.rangesOf(table, history.current));
    away.forEachVersion(history.current, (page) => {
      if (delta !== undefined) delta.seen ??= new Set(delta.pages);
      found.push(page, page + 1);
    });
    readIn.forEachVersion(history.current, (page) => {
      if (delta === undefined) found.push(page, page + 1);
      else {
        delta.seen ??= new Set(delta.pages);
        history.record(delta, page, ABSENT);
      }
    });
    away.clear();
    readIn.clear();
  }

  private updateCoverage(table: MappingTable, renewed: readonly Range[]): void {
    const watched = table.tracked.filter((mapping) => !isWithin(this.refused, mapping));
    this.coverage.update(watched, renewed, this.history.current.keys());
  }

  /** Undo all that is newer; the pages whose version changed, but for refused memory. */
  private undoTo(delta: PageDelta): number[] {
    const { history } = this;
    const touched: number[] = [];
    while (history.newest !== undefined && history.newest !== delta) history.undoNewest(touched);
    if (this.refused.length === 0) return touched;
    const toRange = (page: number): Range => ({
      start: page * PAGE_SIZE,
      end: page * PAGE_SIZE + 1,
    });
    return touched.filter((page) => !isWithin(this.refused, toRange(page)));
  }

  /** Save all of a range about which nothing is known, and protect it. */
  private explore(delta: PageDelta, { start, end }: Range): void {
    const save = (page: number): void => {
      this.savePage(delta, page);
    };
    this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, save, this.guards.found);
    this.written.protect(start, end);
  }

  /** Find what was touched for the first time in the unexplored parts of large mappings. */
  private exploreLarge(delta: PageDelta): void {
    const pages = new Map<number, number>();
    const note = (page: number): void => {
      pages.set(Math.floor(page / PAGES_PER_CHUNK), page);
    };
    for (const { start, end } of this.coverage.unexplored) {
      this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, note, this.away);
    }
    this.away.forEachPage(note);
    this.away.clear();
    if (pages.size === 0) return;
    delta.seen ??= new Set();
    for (const page of pages.values()) {
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
      const start = at(found.starts, index);
      const end = at(found.ends, index);
      let known = 0;
      for (let page = start; page < end; page += 1) {
        const slot = history.current.get(page);
        if (slot === GUARD) this.guards.forget(delta, page);
        if (slot <= ABSENT) continue;
        known += 1;
        this.savePage(delta, page);
      }
      if (known === end - start) continue;
      const save = (page: number, isSure: boolean): void => {
        if (history.current.get(page) !== ABSENT) return;
        this.files.invalidate();
        this.savePage(delta, page);
        if (!isSure) doubtful.push(page);
      };
      this.written.forEachOwnPage(start, end, save, this.guards.found);
    }
    this.reader.flush();
    if (this.reader.lost.length + doubtful.length === 0) return;
    delta.seen ??= new Set(delta.pages);
    for (const page of this.reader.lost) {
      history.record(delta, page, ABSENT);
      this.guards.ask(page);
    }
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
}
