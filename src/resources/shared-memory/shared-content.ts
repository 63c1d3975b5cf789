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
import { seekData, seekHole } from '../../sys/fallocate.ts';
import { pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { clearMemory, copyMemory, isSameMemory } from '../../sys/mmap.ts';
import { pagesOf, type HeldObject } from './held-object.ts';

/** Chosen: as much as a processor's cache holds. */
const CHUNK_PAGES = 64;

/** Pages by their number within the object; the end is exclusive. */
export interface PageSpan {
  readonly first: number;
  readonly end: number;
}

/** How an object differs from what it was at a point. */
export interface Difference {
  /** Pages with other content, and the version of each. */
  readonly writes: readonly (readonly [index: number, slot: number])[];
  /** Those of them that are not there now. */
  readonly missing: readonly PageSpan[];
  /** Pages that were not there. */
  readonly surplus: readonly PageSpan[];
}

/** Where there is data, in order; undefined: on more than `maxPages` pages. */
export function listData(
  fd: number,
  sizeBytes: number,
  maxPages: number,
): readonly PageSpan[] | undefined {
  const spans: PageSpan[] = [];
  let count = 0;
  for (let offset = seekData(fd, 0); offset >= 0 && offset < sizeBytes;) {
    const hole = seekHole(fd, offset);
    const end = hole < 0 ? sizeBytes : Math.min(hole, sizeBytes);
    const span = { first: Math.floor(offset / PAGE_SIZE), end: Math.ceil(end / PAGE_SIZE) };
    count += span.end - span.first;
    if (count > maxPages) return undefined;
    spans.push(span);
    offset = seekData(fd, end);
  }
  return spans;
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
  save(delta: PageDelta, object: HeldObject, fd: number, data: readonly PageSpan[]): void {
    const { history, store } = this;
    this.forgetOthers(delta, object, data);
    this.forEachPage(fd, data, (index, address) => {
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
    fd: number,
    data: readonly PageSpan[],
    versions: ReadonlyMap<number, number>,
    sizeBytes: number,
  ): Difference {
    const wanted = joinPages([...versions.keys()]);
    const { both, onlyOne: missing, onlyOther } = splitSpans(wanted, data);
    const writes: [number, number][] = [];
    this.forEachPage(fd, both, (index, address) => {
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
    fd: number,
    spans: readonly PageSpan[],
    visit: (index: number, address: number) => void,
  ): void {
    const { address } = this.chunk;
    for (const { first, end } of spans) {
      for (let from = first; from < end; from += CHUNK_PAGES) {
        const count = Math.min(CHUNK_PAGES, end - from);
        const size = Math.max(pread(fd, address, count * PAGE_SIZE, from * PAGE_SIZE), 0);
        if (size < count * PAGE_SIZE) clearMemory(address + size, count * PAGE_SIZE - size);
        for (let i = 0; i < count; i += 1) visit(from + i, address + i * PAGE_SIZE);
      }
    }
  }
}

/** Ascending numbers as spans. */
function joinPages(pages: readonly number[]): PageSpan[] {
  const spans: { first: number; end: number }[] = [];
  for (const page of pages) {
    const last = spans.at(-1);
    if (last?.end === page) last.end += 1;
    else spans.push({ first: page, end: page + 1 });
  }
  return spans;
}

/** What is in both lists, and what in one of them alone. */
function splitSpans(one: readonly PageSpan[], other: readonly PageSpan[]) {
  const both: PageSpan[] = [];
  let at = 0;
  for (const mine of one) {
    while ((other[at]?.end ?? Infinity) <= mine.first) at += 1;
    for (let index = at; index < other.length; index += 1) {
      const theirs = other[index];
      if (theirs === undefined || theirs.first >= mine.end) break;
      const first = Math.max(mine.first, theirs.first);
      both.push({ first, end: Math.min(mine.end, theirs.end) });
    }
  }
  return { both, onlyOne: subtract(one, both), onlyOther: subtract(other, both) };
}

function subtract(spans: readonly PageSpan[], without: readonly PageSpan[]): PageSpan[] {
  const left: PageSpan[] = [];
  let at = 0;
  for (const { first, end } of spans) {
    let from = first;
    while ((without[at]?.end ?? Infinity) <= from) at += 1;
    for (let i = at; i < without.length; i += 1) {
      const hole = without[i];
      if (hole === undefined || hole.first >= end) break;
      if (hole.first > from) left.push({ first: from, end: hole.first });
      from = hole.end;
    }
    if (from < end) left.push({ first: from, end });
  }
  return left;
}
