/**
 * Saves the pages of a point from an image of the program's memory, a little at a time, while the
 * program runs.
 *
 * What has been saved the image gives back: a page that the program has written since is there at
 * most twice at any time, as it would be had it been saved in the stop.
 */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { PageStore } from '../../store/page-store.ts';
import { IovecTable } from '../../sys/process-vm.ts';
import type { Images, Work } from '../../tracee/images.ts';
import type { MemoryImage } from '../../tracee/memory-image.ts';
import type { Taken } from './take-image.ts';
import type { PageRanges } from './page-ranges.ts';

/** Chosen: what an event may have to wait for, beside a stop of some 50 µs. */
const STEP_MS = 0.2;
/** Read by one call: chosen, a tenth of a step where the memory for it is warm. */
const BATCH_PAGES = 16;
/** Given back by one call, which costs as much as two stops: chosen, 4 MiB. */
const DROP_PAGES = 1024;

/** All has been saved that can be, but for these ranges; the image is about to be let go of. */
export type OnDone = (missed: readonly Range[], image: MemoryImage) => void;

export class LaterCopy implements Work {
  private readonly missed: Range[] = [];
  private readonly images: Images;
  private readonly image: MemoryImage;
  private readonly ranges: PageRanges;
  private readonly delta: PageDelta;
  private readonly history: PageHistory;
  private readonly store: PageStore;
  private onDone: OnDone = () => undefined;
  private readonly local = new IovecTable();
  private readonly slots: number[] = [];
  private index = 0;
  private page = 0;
  /** Pages of this range from here on have not been given back. */
  private kept = 0;
  private isBegun = false;

  constructor(
    images: Images,
    { image, both }: Taken,
    delta: PageDelta,
    { history, store }: { readonly history: PageHistory; readonly store: PageStore },
  ) {
    this.images = images;
    this.image = image;
    this.ranges = both;
    this.delta = delta;
    this.history = history;
    this.store = store;
    this.enter(0);
    delta.pending = both.countPages();
    store.claim(delta.pending);
  }

  begin(onDone: OnDone): void {
    this.onDone = onDone;
    this.images.begin(this);
  }

  get source(): MemoryImage {
    return this.image;
  }

  /** Nobody wants it any more. */
  abandon(): void {
    this.store.unclaim();
    this.images.stop(this);
    this.images.retire(this.image);
  }

  step(): boolean {
    const endMs = performance.now() + STEP_MS;
    if (!this.isBegun) this.image.volunteer();
    this.isBegun = true;
    do {
      if (!this.copyBatch()) {
        this.end();
        return false;
      }
    } while (performance.now() < endMs);
    return true;
  }

  /** All of the rest at once. */
  finish(): void {
    while (this.copyBatch());
    this.end();
  }

  private end(): void {
    this.delta.pending = 0;
    this.delta.isTorn = this.missed.length > 0;
    this.onDone(this.missed, this.image);
    this.abandon();
  }

  /** False: nothing is left. */
  private copyBatch(): boolean {
    const { ranges, history, local, slots } = this;
    if (this.index >= ranges.length) return false;
    const end = Math.min(this.page + BATCH_PAGES, at(ranges.ends, this.index));
    // A page that was saved in the stop, after all, is left out.
    while (this.page < end && history.current.get(this.page) !== ABSENT) this.page += 1;
    local.clear();
    slots.length = 0;
    let { page } = this;
    while (page < end && history.current.get(page) === ABSENT && this.reserve()) page += 1;
    if (page > this.page) this.read(page);
    else if (page < end) this.miss(end);
    this.advance();
    return true;
  }

  /** False: there is no room for another page. */
  private reserve(): boolean {
    try {
      const slot = this.store.allocateClaimed();
      this.slots.push(slot);
      this.local.push(this.store.address(slot), PAGE_SIZE);
      return true;
    } catch {
      return false;
    }
  }

  /** Read up to `end` into what is reserved. Behind a page that cannot be read others may be. */
  private read(end: number): void {
    const size = this.image.read(this.local, this.page * PAGE_SIZE);
    const count = Math.max(0, Math.floor(size / PAGE_SIZE));
    for (let index = 0; index < count; index += 1) {
      this.history.record(this.delta, this.page + index, at(this.slots, index));
    }
    for (let index = count; index < this.slots.length; index += 1) {
      this.store.free(at(this.slots, index));
    }
    this.page += count;
    this.delta.pending -= count;
    if (this.page < end) this.miss(this.image.isLost || size === 0 ? Infinity : this.page + 1);
  }

  /** What lies before `end` in this range is not saved; Infinity: nor is all that is left. */
  private miss(end: number): void {
    for (;;) {
      const last = Math.min(end, at(this.ranges.ends, this.index));
      this.missed.push({ start: this.page * PAGE_SIZE, end: last * PAGE_SIZE });
      this.page = last;
      if (end !== Infinity || this.index + 1 >= this.ranges.length) return;
      this.enter(this.index + 1);
    }
  }

  private advance(): void {
    const isOver = this.page >= at(this.ranges.ends, this.index);
    if (this.page - this.kept >= (isOver ? BATCH_PAGES : DROP_PAGES)) {
      this.image.drop(this.kept * PAGE_SIZE, this.page * PAGE_SIZE);
      this.kept = this.page;
    }
    if (isOver) this.enter(this.index + 1);
  }

  private enter(index: number): void {
    this.index = index;
    this.page = this.ranges.starts[index] ?? 0;
    this.kept = this.page;
  }
}
