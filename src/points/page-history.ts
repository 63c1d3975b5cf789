/**
 * The versions of every page over a chain of points, as undo lists.
 *
 * `current` maps each page to its version at the newest point. A point's delta lists the pages
 * whose version changed when the point was made, with the version they had before.
 *
 * Invariants
 * 1. A version (slot) is owned by the one point that made it, and freed exactly once.
 * 2. Undoing the deltas from the newest down to, not including, point K makes `current` the state
 *    at K.
 * 3. The oldest point owns what older ones have left to it, and lists none of that; its former
 *    versions are all ABSENT or freed.
 */
import { at } from '../at.ts';
import { ABSENT, PAGES_PER_CHUNK, PageIndex } from './page-index.ts';

export class PageDelta {
  pages: number[] = [];
  former: number[] = [];
  /** Pages of it that are still being saved, while the program runs. */
  pending = 0;
  /** Some of its pages could not be saved: there is no way back to it, but to those before it. */
  isTorn = false;
  /** Undone by a rollback, or forgotten: it stands for no point any more. */
  isGone = false;
  /** While the delta is being made: its pages, where one may come up twice. */
  seen: Set<number> | undefined = undefined;
  private packed = 0;

  /** Without the room that lists have which grow, once it is made: while nobody waits. */
  pack(): void {
    if (this.packed === this.pages.length || this.pending > 0) return;
    this.pages = this.pages.slice();
    this.former = this.former.slice();
    this.packed = this.pages.length;
  }
}

export class PageHistory {
  readonly current = new PageIndex();
  private readonly deltas: PageDelta[] = [];
  private readonly free: (slot: number) => void;

  /** `free` is told of each version that no point needs any more. */
  constructor(free: (slot: number) => void) {
    this.free = free;
  }

  get length(): number {
    return this.deltas.length;
  }

  get newest(): PageDelta | undefined {
    return this.deltas.at(-1);
  }

  /** Begin the delta of a new point. */
  begin(): PageDelta {
    const delta = new PageDelta();
    this.deltas.push(delta);
    return delta;
  }

  /** The page's version at the newest point is now `slot`. A page comes up once, but see `seen`. */
  record(delta: PageDelta, page: number, slot: number): void {
    const former = this.current.get(page);
    if (former === slot) return;
    if (delta.seen !== undefined) {
      if (delta.seen.has(page)) {
        if (former !== ABSENT) this.free(former);
        this.current.set(page, slot);
        return;
      }
      delta.seen.add(page);
    }
    delta.pages.push(page);
    delta.former.push(former);
    this.current.set(page, slot);
  }

  /** Undo and drop the newest delta; `touched` collects the pages whose version changed. */
  undoNewest(touched: number[]): void {
    const delta = this.deltas.pop();
    if (delta === undefined) return;
    delta.isGone = true;
    if (this.deltas.length === 0) {
      this.clear(touched);
      return;
    }
    for (let index = delta.pages.length - 1; index >= 0; index -= 1) {
      const page = at(delta.pages, index);
      const slot = this.current.get(page);
      if (slot !== ABSENT) this.free(slot);
      this.current.set(page, delta.former[index] ?? ABSENT);
      touched.push(page);
    }
  }

  /** Of the last point that there was: it owned what older ones had left to it, and listed none. */
  private clear(touched: number[]): void {
    this.current.forEach((page, slot) => {
      this.free(slot);
      touched.push(page);
    });
    this.current.clear();
  }

  /**
   * Forget a point: its delta is merged into the next newer one. The newest cannot be forgotten.
   */
  forget(delta: PageDelta): void {
    const index = this.deltas.indexOf(delta);
    const next = this.deltas[index + 1];
    if (index < 0 || next === undefined) throw new RangeError('no newer point to merge into');
    if (index === 0) this.dropFormer(next);
    else this.merge(delta, next);
    this.deltas.splice(index, 1);
    delta.isGone = true;
  }

  /** The version of every page that has one at the point of `delta`, by page, ascending. */
  versionsAt(delta: PageDelta): [page: number, slot: number][] {
    const versions = new Map<number, number>();
    for (const key of this.current.keys()) {
      const start = key * PAGES_PER_CHUNK;
      this.current.forEachIn(start, start + PAGES_PER_CHUNK, (page, slot) => {
        versions.set(page, slot);
      });
    }
    for (let index = this.deltas.length - 1; this.deltas[index] !== delta; index -= 1) {
      const newer = this.deltas[index];
      if (newer === undefined) throw new RangeError('the delta stands for no point');
      newer.pages.forEach((page, at) => versions.set(page, newer.former[at] ?? ABSENT));
    }
    return [...versions].filter(([, slot]) => slot !== ABSENT).sort(([a], [b]) => a - b);
  }

  private dropFormer(delta: PageDelta): void {
    for (const slot of delta.former) if (slot !== ABSENT) this.free(slot);
    delta.pages.length = 0;
    delta.former.length = 0;
  }

  private merge(delta: PageDelta, next: PageDelta): void {
    const positions = new Map<number, number>();
    next.pages.forEach((page, position) => positions.set(page, position));
    delta.pages.forEach((page, index) => {
      const former = delta.former[index] ?? ABSENT;
      const position = positions.get(page);
      if (position === undefined) {
        next.pages.push(page);
        next.former.push(former);
        return;
      }
      const mine = next.former[position] ?? ABSENT;
      if (mine !== ABSENT) this.free(mine);
      next.former[position] = former;
    });
  }
}
