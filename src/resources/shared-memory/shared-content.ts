/**
 * The content of shared memory: read through the object itself, never through a mapping, for the
 * same page may be written by any of several mappings, by descriptors and by other processes. All
 * of what is there is compared with what was saved, which no write can escape.
 *
 * Holes are found by asking (lseek(2)): to read one through a mapping would fill it.
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT } from '../../points/page-index.ts';
import type { PageStore } from '../../store/page-store.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { clearMemory, copyMemory, isSameMemory } from '../../sys/mmap.ts';
import type { Access } from './access.ts';
import { pagesOf, type HeldObject } from './held-object.ts';
import { joinPages, splitSpans, type PageSpan } from './page-spans.ts';

/** Chosen: as much as a processor's cache holds. */
const CHUNK_PAGES = 64;

/** How an object differs from what it was at a point. */
export interface Difference {
  /** Pages with other content, and the version of each. */
  readonly writes: readonly (readonly [index: number, slot: number])[];
  /** Those of them that are not there now. */
  readonly missing: readonly PageSpan[];
  /** Pages that were not there. */
  readonly surplus: readonly PageSpan[];
}

export class SharedContent {
  private readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly chunk = new NativeBuffer(CHUNK_PAGES * PAGE_SIZE);

  constructor(store: PageStore, history: PageHistory) {
    this.store = store;
    this.history = history;
  }

  /** Save what differs from the newest versions. */
  save(delta: PageDelta, object: HeldObject, access: Access, data: readonly PageSpan[]): void {
    const { history, store } = this;
    this.forgetOthers(delta, object, data);
    this.forEachPage(access, data, (index, address) => {
      const page = object.firstPage + index;
      if (this.isLike(address, history.current.get(page))) return;
      const slot = store.allocate();
      copyMemory(store.address(slot), address, PAGE_SIZE);
      history.record(delta, page, slot);
    });
  }

  /** None of its pages has a version from now on, but those on which there is data. */
  forgetOthers(
    delta: PageDelta,
    object: { readonly firstPage: number },
    data: readonly PageSpan[],
  ) {
    const { current } = this.history;
    const gone: number[] = [];
    let at = 0;
    current.forEachIn(...pagesOf(object), (page) => {
      const index = page - object.firstPage;
      while ((data[at]?.end ?? Infinity) <= index) at += 1;
      if (index < (data[at]?.first ?? Infinity)) gone.push(page);
    });
    for (const page of gone) this.history.record(delta, page, ABSENT);
  }

  /** @param versions those of the object at the point, in order, by number within it */
  compare(
    access: Access,
    data: readonly PageSpan[],
    versions: ReadonlyMap<number, number>,
    sizeBytes: number,
  ): Difference {
    const wanted = joinPages([...versions.keys()]);
    const { both, onlyOne: missing, onlyOther } = splitSpans(wanted, data);
    const writes: [number, number][] = [];
    this.forEachPage(access, both, (index, address) => {
      const slot = versions.get(index) ?? ABSENT;
      if (!this.isLike(address, slot)) writes.push([index, slot]);
    });
    for (const { first, end } of missing) {
      for (let index = first; index < end; index += 1) {
        writes.push([index, versions.get(index) ?? ABSENT]);
      }
    }
    const sizePages = Math.ceil(sizeBytes / PAGE_SIZE);
    const surplus = onlyOther
      .map(({ first, end }) => ({ first, end: Math.min(end, sizePages) }))
      .filter(({ first, end }) => first < end);
    return { writes, missing, surplus };
  }

  private isLike(address: number, slot: number): boolean {
    return slot !== ABSENT && isSameMemory(address, this.store.address(slot), PAGE_SIZE);
  }

  /** Visit the content of all pages, zeros behind the end of the file. */
  private forEachPage(
    access: Access,
    spans: readonly PageSpan[],
    visit: (index: number, address: number) => void,
  ): void {
    const { address } = this.chunk;
    for (const { first, end } of spans) {
      for (let from = first; from < end; from += CHUNK_PAGES) {
        const count = Math.min(CHUNK_PAGES, end - from);
        const size = Math.max(access.read(address, from * PAGE_SIZE, count * PAGE_SIZE), 0);
        if (size < count * PAGE_SIZE) clearMemory(address + size, count * PAGE_SIZE - size);
        for (let i = 0; i < count; i += 1) visit(from + i, address + i * PAGE_SIZE);
      }
    }
  }
}
