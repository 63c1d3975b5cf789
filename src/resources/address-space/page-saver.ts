/**
 * Saves pages of a stopped process into the delta of a new point, as new versions.
 */
import { at } from '../../at.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT, GUARD } from '../../points/page-index.ts';
import type { PageStore } from '../../store/page-store.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { DroppedPages } from './dropped-pages.ts';
import { BusySaver } from './busy-saver.ts';
import { listFound } from './explore.ts';
import type { GuardPages } from './guard-pages.ts';
import { PageReader } from './page-copier.ts';
import type { Sweep } from './sweep.ts';
import type { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

/**
 * Of so many pages in a row it is asked which are there still: memory is given back to the kernel
 * by long runs, and to read what is not there would fill it. Chosen: 32 KiB.
 */
const LONG_RUN_PAGES = 8;

/** What a saver works on. */
export interface Saved {
  readonly target: TargetMemory;
  readonly written: WrittenPages;
  readonly store: PageStore;
  readonly history: PageHistory;
  readonly guards: GuardPages;
  readonly dropped: DroppedPages;
  readonly sweep: Sweep;
}

export class PageSaver {
  private readonly written: WrittenPages;
  private readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly guards: GuardPages;
  private readonly dropped: DroppedPages;
  private readonly reader: PageReader;
  private readonly busy: BusySaver;
  private readonly sweep: Sweep;

  constructor({ target, written, store, history, guards, dropped, sweep }: Saved) {
    this.written = written;
    this.store = store;
    this.history = history;
    this.guards = guards;
    this.dropped = dropped;
    this.reader = new PageReader(target);
    this.busy = new BusySaver(target, store, history);
    this.sweep = sweep;
  }

  reset(): void {
    this.reader.reset();
    this.busy.reset();
  }

  /** Save what was found written, and has been protected. */
  saveFound(delta: PageDelta, found: PageRanges): void {
    for (let index = 0; index < found.length; index += 1) {
      const [start, end] = [at(found.starts, index), at(found.ends, index)];
      if (end - start >= LONG_RUN_PAGES || !this.areKnown(start, end)) {
        this.saveThere(delta, start, end);
      } else for (let page = start; page < end; page += 1) this.savePage(delta, page);
    }
    this.reader.flush();
    this.busy.flush(delta);
    const lost = [...this.reader.lost, ...this.busy.lost];
    if (lost.length === 0) return;
    delta.seen ??= new Set(delta.pages);
    for (const page of lost) {
      this.history.record(delta, page, ABSENT);
      this.guards.ask(page);
    }
  }

  private areKnown(start: number, end: number): boolean {
    const { current } = this.history;
    for (let page = start; page < end; page += 1) if (current.get(page) <= ABSENT) return false;
    return true;
  }

  /** Save what is there in a range that was found; what had a version and is not there has none. */
  private saveThere(delta: PageDelta, start: number, end: number): void {
    const own = listFound(this.written, start, end, this.guards.found);
    let next = start;
    for (let index = 0; index < own.length; index += 1) {
      const [first, last] = [at(own.starts, index), at(own.ends, index)];
      this.forgetDropped(delta, next, first);
      for (let page = first; page < last; page += 1) {
        if (this.history.current.get(page) <= ABSENT) this.dropped.invalidate();
        this.savePage(delta, page);
      }
      next = last;
    }
    this.forgetDropped(delta, next, end);
  }

  private forgetDropped(delta: PageDelta, start: number, end: number): void {
    for (let page = start; page < end; page += 1) {
      const slot = this.history.current.get(page);
      if (slot === GUARD) this.guards.forget(delta, page);
      else if (slot > ABSENT) this.history.record(delta, page, ABSENT);
    }
  }

  /** Once in a delta. Read when `saveFound` is called. */
  savePage(delta: PageDelta, page: number): void {
    if (delta.seen?.has(page) === true && this.history.current.get(page) !== ABSENT) return;
    if (this.sweep.isBusy(page) && this.history.current.get(page) > ABSENT) {
      this.busy.push(delta, page);
      return;
    }
    const slot = this.store.allocate();
    this.history.record(delta, page, slot);
    this.reader.push(page, this.store.address(slot));
  }
}
