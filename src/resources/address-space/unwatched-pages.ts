/**
 * Pages whose writes no protection reports: found by comparing them with what was saved.
 *
 * They are few, or they are too many to be compared at each point: then they are named instead.
 * What has to be told apart:
 * - memory that cannot be registered: under a userfaultfd of the program's own, or droppable
 * - registered memory that the kernel writes to as it likes: buffers of an io_uring
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { Range } from '../../procfs/maps.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT, GUARD } from '../../points/page-index.ts';
import type { PageStore } from '../../store/page-store.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { isSameMemory } from '../../sys/mmap.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { WrittenPages } from './written-pages.ts';

/** Chosen: 16 MiB, which take a few milliseconds to compare. */
const COMPARED_MAX_PAGES = 4096;

/** Of most points: they share it. */
const NONE: readonly Range[] = [];

/** A range of unwatched memory. */
export interface Unwatched extends Range {
  /**
   * registered: the kernel writes to it as well; droppable: it may vanish; missing: what is not
   * there must not be touched, or the program's own handler would be waited for; protected: it must
   * not be written to, for the same reason.
   */
  readonly kind: 'registered' | 'droppable' | 'missing' | 'protected';
}

export class UnwatchedPages {
  private readonly written: WrittenPages;
  private readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly target: TargetMemory;
  private readonly page = new NativeBuffer(PAGE_SIZE);
  private readonly zeros = new NativeBuffer(PAGE_SIZE);

  constructor(target: TargetMemory, written: WrittenPages, store: PageStore, history: PageHistory) {
    this.target = target;
    this.written = written;
    this.store = store;
    this.history = history;
  }

  /** Save what differs. Answers the ranges that were too large to be compared. */
  save(delta: PageDelta, ranges: readonly Unwatched[]): readonly Range[] {
    if (ranges.length === 0) return NONE;
    delta.seen ??= new Set(delta.pages);
    let room = COMPARED_MAX_PAGES;
    const left: Range[] = [];
    for (const range of ranges) {
      const pages = this.listOwn(range);
      const isLarge = pages.length > room;
      if (isLarge) left.push(range);
      else room -= pages.length;
      if (isLarge && range.kind === 'registered') continue;
      this.forgetOthers(delta, range, isLarge ? [] : pages);
      if (!isLarge) for (const page of pages) this.savePage(delta, page);
    }
    return left;
  }

  /** Write back what differs. Answers ranges that are not as they were. */
  restore(ranges: readonly Unwatched[], left: readonly Range[]): Range[] {
    return ranges.filter((range) => {
      if (left.some(({ start, end }) => start < range.end && end > range.start)) return false;
      return !this.restoreRange(range);
    });
  }

  private restoreRange({ start, end, kind }: Unwatched): boolean {
    let isWhole = true;
    const present = new Set(this.listOwn({ start, end }));
    for (const page of present) {
      const slot = this.history.current.get(page);
      if (slot === GUARD || this.isLike(page, slot)) continue;
      if (kind === 'protected' || !this.write(page, slot)) isWhole = false;
      // It is zeros now, where there was nothing.
      if (slot === ABSENT && kind === 'missing') isWhole = false;
    }
    this.history.current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page, slot) => {
      if (present.has(page) || slot === GUARD) return;
      if (kind === 'missing' || kind === 'protected' || !this.write(page, slot)) isWhole = false;
    });
    return isWhole;
  }

  private listOwn({ start, end }: Range): number[] {
    const pages: number[] = [];
    this.written.forEachOwnPage(start / PAGE_SIZE, end / PAGE_SIZE, (page) => pages.push(page));
    return pages;
  }

  private forgetOthers(delta: PageDelta, { start, end }: Range, pages: readonly number[]): void {
    const present = new Set(pages);
    const gone: number[] = [];
    this.history.current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page, slot) => {
      if (slot !== GUARD && !present.has(page)) gone.push(page);
    });
    for (const page of gone) this.history.record(delta, page, ABSENT);
  }

  private savePage(delta: PageDelta, page: number): void {
    const slot = this.history.current.get(page);
    if (slot !== ABSENT && this.isLike(page, slot)) return;
    const fresh = this.store.allocate();
    const address = this.store.address(fresh);
    const size = this.target.forceReadInto(address, page * PAGE_SIZE, PAGE_SIZE);
    if (size === PAGE_SIZE) this.history.record(delta, page, fresh);
    else this.store.free(fresh);
  }

  private isLike(page: number, slot: number): boolean {
    const { address } = this.page;
    const size = this.target.forceReadInto(address, page * PAGE_SIZE, PAGE_SIZE);
    return size === PAGE_SIZE && isSameMemory(address, this.contentOf(slot), PAGE_SIZE);
  }

  private write(page: number, slot: number): boolean {
    const from = this.contentOf(slot);
    return this.target.forceWriteFrom(from, page * PAGE_SIZE, PAGE_SIZE) === PAGE_SIZE;
  }

  private contentOf(slot: number): number {
    return slot === ABSENT ? this.zeros.address : this.store.address(slot);
  }
}
