/** Whether what was found fits into the limit of saved pages: known before any of it is copied. */
import { at } from '../../at.ts';
import type { PageIndex } from '../../points/page-index.ts';
import { NoRoomError } from '../../store/page-limit.ts';
import type { PageStore } from '../../store/page-store.ts';
import { listFound } from './explore.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

/** All of `own` is to be saved. Throws NoRoomError. */
export function assertRoom(store: PageStore, current: PageIndex, own: PageRanges): void {
  const count = own.countPages();
  if (count <= store.limit.room) return;
  let known = 0;
  own.forEachVersion(current, () => (known += 1));
  throw new NoRoomError(store.limit, count, current.countVersions() + count - known);
}

/** The same of what was found written and is protected again, where not all may be there. */
export function assertRoomForFound(
  store: PageStore,
  current: PageIndex,
  found: PageRanges,
  written: WrittenPages,
): void {
  if (found.countPages() <= store.limit.room) return;
  const all = new PageRanges();
  for (let index = 0; index < found.length; index += 1) {
    const guards = new PageRanges();
    all.append(listFound(written, at(found.starts, index), at(found.ends, index), guards));
  }
  assertRoom(store, current, all);
}
