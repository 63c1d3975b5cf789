/** What of an address space does not come back as it was, in words. */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { Range } from '../../procfs/maps.ts';
import { LOST, type Named } from '../resource.ts';
import type { MappingTable } from './mapping-table.ts';
import type { RestoreCount } from './page-restorer.ts';

const AIO = 'requests of AIO that were under way go on: what they read since stays, or is lost';

/** Known when the point is made: what nobody reports writes to. */
export function nameUnwatched(table: MappingTable, uncompared: readonly Range[]): Named[] {
  return [
    ...uncompared.map((range) =>
      lose(`${describe(range)} is written to past any watch, and too large to be compared`),
    ),
    ...table.sharedWritable.map((mapping) => {
      return lose(`shared memory ${mapping.path} at ${describe(mapping)} is not put back`);
    }),
    // Its workers are threads of the kernel, which nobody can hold.
    ...(table.hasRing ? [lose('io_uring goes on by itself: what it writes meanwhile stays')] : []),
    ...(table.hasRequests ? [lose(AIO)] : []),
  ];
}

/** Known when the rollback has been done. */
export function nameUnrestored({ lost, replaced, changed }: RestoreCount): Named[] {
  return [
    ...joinPages(lost).map((range) => lose(`${describe(range)} was not written`)),
    ...replaced.map(({ first, end, mapping }) => {
      const start = (first * PAGE_SIZE).toString(16);
      return lose(`${mapping.path} is shorter: ${end - first} pages at 0x${start} are its no more`);
    }),
    ...changed.map((range) =>
      lose(`${describe(range)} belongs to the program's own userfaultfd, and was not put back`),
    ),
  ];
}

/** Neighbours are named together. */
function joinPages(pages: readonly number[]): Range[] {
  const ranges: { start: number; end: number }[] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const start = page * PAGE_SIZE;
    const last = ranges.at(-1);
    if (last?.end === start) last.end += PAGE_SIZE;
    else if (last === undefined || last.end < start) ranges.push({ start, end: start + PAGE_SIZE });
  }
  return ranges;
}

function lose(text: string): Named {
  return { bit: LOST.memory, text };
}

function describe({ start, end }: Range): string {
  return `0x${start.toString(16)}-0x${end.toString(16)}`;
}
