/**
 * The memory resource: which pages were written, saved versions of them, and writing them back.
 *
 * Invariants
 * 1. Every page that differs from its newest saved version is reported by the next scan, or is in
 *    `found` from a capture that failed.
 * 2. A page without a saved version held zeros, or its file's content, at every live point.
 * 3. Both hold of versions that are settled: while some are still copied from an image, nobody
 *    looks at them before all are (`settle`).
 */
import assert from 'node:assert/strict';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { PageHistory, type PageDelta } from '../../points/page-history.ts';
import { GUARD } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import type { PageStore } from '../../store/page-store.ts';
import type { MemoryImage } from '../../tracee/memory-image.ts';
import type { Stopped } from '../stopped.ts';
import type { MappingTable } from './mapping-table.ts';
import { GuardPages } from './guard-pages.ts';
import { Coverage } from './coverage.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { PageRestorer, type MemoryNow, type RestoreCount } from './page-restorer.ts';
import { PageSaver } from './page-saver.ts';
import { DroppedPages } from './dropped-pages.ts';
import { explore } from './explore.ts';
import { forgetRange, forgetUnmapped } from './forget-pages.ts';
import { assertRoom, assertRoomForFound } from './room-for-pages.ts';
import { LaterCopy } from './later-copy.ts';
import { isWithin } from './registration.ts';
import { Sweep } from './sweep.ts';
import { takeImage, type Surroundings } from './take-image.ts';
import { UnwatchedPages, type Unwatched } from './unwatched-pages.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

/**
 * From this many pages on, those written back are protected again at once, which costs a scan and
 * a fault for each that is written to again: three times what it costs to write it back once more.
 */
const PROTECT_AGAIN_MIN_PAGES = 64;

export interface Captured {
  readonly delta: PageDelta;
  /** Unwatched ranges that are too large to be compared. */
  readonly uncompared: readonly Range[];
}

export class Memory {
  readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly stopped: Stopped;
  readonly written: WrittenPages;
  private readonly found = new PageRanges();
  private readonly guards: GuardPages;
  private readonly dropped: DroppedPages;
  private readonly saver: PageSaver;
  private readonly restorer: PageRestorer;
  readonly unwatched: UnwatchedPages;
  readonly coverage = new Coverage();
  readonly sweep: Sweep;
  private hasLeftovers = false;
  /** The mappings at the last capture or rollback. */
  private lastTable: MappingTable | undefined = undefined;
  /** New mappings that a capture which failed had looked at, and may have protected. */
  private pendingRanges: readonly Range[] = [];
  /** Parts of mappings that were protected, and then not saved: whatever is known of them. */
  private pendingPieces: readonly Range[] = [];
  private exploredNow: Range[] = [];
  /** Unwatched memory that is not registered. */
  private refused: readonly Range[] = [];
  /** What the newest point has not been saved of yet. */
  private later: LaterCopy | undefined = undefined;
  /** What else is to be had of an image when all is copied; set behind each capture. */
  onLater: ((image: MemoryImage) => void) | undefined = undefined;

  constructor(stopped: Stopped, written: WrittenPages, store: PageStore) {
    const { target } = stopped;
    this.stopped = stopped;
    this.store = store;
    this.history = new PageHistory((slot) => {
      if (slot !== GUARD) store.free(slot);
    });
    this.written = written;
    this.guards = new GuardPages(written, this.history);
    this.dropped = new DroppedPages(written, this.history);
    this.sweep = new Sweep(written, this.coverage, stopped.group);
    const { history, guards, dropped, sweep } = this;
    this.saver = new PageSaver({ target, written, store, history, guards, dropped, sweep });
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
    attributes: readonly AttributeRange[] | undefined,
  ): Captured {
    this.settle();
    const { history, found } = this;
    const former = this.lastTable ?? table;
    const renewed = [...this.pendingRanges, ...newRanges];
    const delta = history.begin();
    let uncompared: readonly Range[];
    let later: LaterCopy | undefined;
    let hasForgotten: boolean;
    try {
      const hadLeftovers = this.hasLeftovers;
      const mayRepeat = hadLeftovers || renewed.length + this.pendingPieces.length > 0;
      delta.seen = mayRepeat ? new Set() : undefined;
      if (former !== table) forgetUnmapped(history, delta, former, table);
      this.refused = unwatched.filter(({ kind }) => kind !== 'registered');
      const isNew = former !== table || renewed.length + this.refused.length > 0;
      if (isNew) this.updateCoverage(table, renewed);
      this.saver.reset();
      this.guards.found.clear();
      this.exploredNow = [];
      for (const range of renewed) forgetRange(history, delta, range);
      hasForgotten = delta.pages.length > 0;
      this.sweep.begin({ table, refused: this.refused, anew: [...renewed, ...this.pendingPieces] });
      later = this.explore(delta, renewed, { table, attributes, unwatched });
      this.hasLeftovers = true;
      this.sweep.take(found, true, []);
      this.dropped.find(found, table, delta);
      if (hadLeftovers) found.unite();
      assertRoomForFound(this.store, history.current, found, this.written);
      this.saver.saveFound(delta, found);
      this.guards.record(delta);
      uncompared = this.unwatched.save(delta, unwatched);
    } catch (error) {
      later?.abandon();
      history.undoNewest([]);
      // What was protected is not saved after all: it is new once more for the next capture.
      this.pendingRanges = renewed;
      this.pendingPieces = [...this.pendingPieces, ...this.exploredNow];
      throw error;
    }
    found.clear();
    this.hasLeftovers = false;
    this.pendingRanges = [];
    this.pendingPieces = [];
    this.lastTable = table;
    // Else a page may come up once more.
    if (later === undefined || !hasForgotten) delta.seen = undefined;
    later?.begin((missed, image) => {
      this.endLater(delta, missed, image);
    });
    this.later = later;
    return { delta, uncompared };
  }

  /**
   * The newest point is not to be, or is wanted by nobody: its versions go. What was written since
   * the one before it is found once more, for a point and for a rollback to those that are left.
   */
  giveUp(delta: PageDelta): void {
    this.settle();
    const { history, found } = this;
    assert(history.newest === delta, 'only the newest can be given up');
    const touched: number[] = [];
    history.undoNewest(touched);
    this.dropped.invalidate();
    this.hasLeftovers = true;
    if (history.length > 0) {
      for (const page of Float64Array.from(touched).sort()) found.pushJoined(page, page + 1);
      return;
    }
    // Nothing is known any more: as for the first point, of which much is copied later.
    found.clear();
    this.pendingPieces = [];
    this.pendingRanges = this.lastTable?.tracked ?? [];
  }

  /** Save now what is still to be saved: before anybody looks at versions, or makes others. */
  settle(): void {
    this.later?.finish();
  }

  /** From which the newest point is still being saved. */
  get image(): MemoryImage | undefined {
    return this.later?.source;
  }

  get isSettled(): boolean {
    return this.later === undefined;
  }

  /** What can be done while nobody waits. */
  tidy(): void {
    this.history.newest?.pack();
    this.store.warm();
  }

  /** The versions of all points, settled. */
  get versions(): PageHistory {
    this.settle();
    return this.history;
  }

  /** Make every page what it was when `delta` was made; newer deltas are dropped. */
  restore(
    delta: PageDelta,
    { table, attributes, untracked, renewed, unwatched, freed }: MemoryNow,
    uncompared: readonly Range[],
    remote: RemoteSource,
  ): RestoreCount {
    this.settle();
    const { history, found, restorer, sweep } = this;
    this.refused = unwatched.filter(({ kind }) => kind !== 'registered');
    const touched = this.undoTo(delta);
    if (renewed.length + this.refused.length > 0) this.updateCoverage(table, renewed);
    const site = { table, refused: this.refused, anew: [] };
    sweep.begin(site);
    sweep.take(found, false, untracked);
    for (const page of this.guards.remove(table, sweep.unsure, remote)) found.push(page, page + 1);
    this.dropped.find(found, table, undefined);
    found.addVersions(history.current, freed);
    restorer.begin();
    const absent: number[] = [];
    let count = restorer.queueFound(found, absent, this.guards.found);
    // The latter may have been protected for a point that could not be made.
    const pending = [...this.pendingPieces, ...this.pendingRanges];
    for (const range of [...sweep.others, ...pending]) {
      count += restorer.queueUnsure(range, absent);
    }
    for (const range of sweep.within) count += restorer.queueVersions(range);
    restorer.listAbsent(sweep.own, absent);
    for (const range of renewed) {
      count += restorer.queueVersions(range, (page) => {
        if (this.coverage.isLarge(range)) this.coverage.explore(page);
      });
    }
    if (touched.length > 0) count += restorer.queueTouched(touched, absent, table);
    const dropped = restorer.dropPages(absent, table, remote);
    if (restorer.flush() || this.guards.found.length > 0) {
      this.guards.remove(table, table.tracked, remote);
      restorer.tryAgain();
    }
    const replaced = restorer.replaceLost(table, remote);
    const lost = [...restorer.lost, ...this.guards.install(table, attributes, remote)];
    const changed = this.unwatched.restore(unwatched, uncompared);
    if (count - sweep.busyCount >= PROTECT_AGAIN_MIN_PAGES) sweep.protectAgain(site);
    found.clear();
    this.hasLeftovers = false;
    // As at the point, all of them: what is written from now on is reported.
    this.pendingRanges = [];
    this.lastTable = table;
    return { pagesRestored: count, pagesDropped: dropped, lost, replaced, changed };
  }

  /** Its process is gone, or has another address space, or is to be let go. */
  close(): void {
    this.later?.abandon();
    this.later = undefined;
  }

  /** All has been copied that can be. What is not there is new once more for the next capture. */
  private endLater(delta: PageDelta, missed: readonly Range[], image: MemoryImage): void {
    this.later = undefined;
    this.onLater?.(image);
    this.pendingPieces = [...this.pendingPieces, ...missed];
    this.dropped.invalidate();
    delta.seen = undefined;
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

  /** Save all of what nothing is known about: much of it later, what answers that. */
  private explore(
    delta: PageDelta,
    renewed: readonly Range[],
    surroundings: Surroundings,
  ): LaterCopy | undefined {
    const found = explore(
      this,
      { renewed, pending: this.pendingPieces },
      surroundings.table.privateFiles,
      this.guards.found,
    );
    if (found.pieces.length > 0) delta.seen ??= new Set();
    this.exploredNow = found.pieces;
    assertRoom(this.store, this.history.current, found.own);
    for (const { start, end } of found.ranges) this.written.protect(start, end);
    const { stopped, history, store } = this;
    const taken = takeImage(stopped, surroundings, found, this.written);
    const later = taken && new LaterCopy(stopped.pump.images, taken, delta, { history, store });
    try {
      (taken?.rest ?? found.own).forEachPage((page) => {
        this.saver.savePage(delta, page);
      });
    } catch (error) {
      later?.abandon();
      throw error;
    }
    return later;
  }
}
