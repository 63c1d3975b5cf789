/** Ranges that touch or lap over each other, as one. */
import type { Range } from '../../procfs/maps.ts';

/** In order; those given may be in any. */
export function joinRanges(ranges: readonly Range[]): Range[] {
  const joined: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || last.end < range.start) joined.push(range);
    else if (last.end < range.end)
      joined[joined.length - 1] = { start: last.start, end: range.end };
  }
  return joined;
}
