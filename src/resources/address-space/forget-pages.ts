/** Pages that have no content at a point: those of mappings that are gone, or others by now. */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { MappingTable } from './mapping-table.ts';

export function forgetRange(history: PageHistory, delta: PageDelta, { start, end }: Range): void {
  const pages: number[] = [];
  history.current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page) => pages.push(page));
  for (const page of pages) history.record(delta, page, ABSENT);
}

/** Those of `former` that are in no mapping of `table`. */
export function forgetUnmapped(
  history: PageHistory,
  delta: PageDelta,
  former: MappingTable,
  table: MappingTable,
): void {
  delta.seen ??= new Set();
  for (const old of former.tracked) {
    let start = old.start;
    for (const mapping of table.tracked) {
      if (mapping.end <= start) continue;
      if (mapping.start >= old.end) break;
      if (mapping.start > start) forgetRange(history, delta, { start, end: mapping.start });
      start = mapping.end;
    }
    if (start < old.end) forgetRange(history, delta, { start, end: old.end });
  }
}
