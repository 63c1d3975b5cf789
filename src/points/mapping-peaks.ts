/**
 * How many mappings there can be on the way from those of now to those of a point.
 *
 * The kernel may join neighbours or not, so that none are taken to join: each edge of a step that
 * lies within a mapping cuts it, whatever is mapped counts once, and what is unmapped goes.
 */
import type { Mapping } from '../procfs/maps.ts';
import type { MappingStep } from './plan-mappings.ts';

/** The most that there are while `steps`, which do not overlap, are done one after the other. */
export function countPeak(now: readonly Mapping[], steps: readonly MappingStep[]): number {
  const edges = new Set<number>();
  let count = now.length;
  let peak = count;
  for (const step of steps) {
    for (const edge of [step.start, step.end]) {
      if (!edges.has(edge) && isInside(now, edge)) count += 1;
      edges.add(edge);
    }
    peak = Math.max(peak, count);
    if (step.kind !== 'protect') count -= countIn(now, step.start, step.end);
    if (step.kind === 'map') count += 1;
    peak = Math.max(peak, count);
  }
  return peak;
}

/** Where the first one is that ends behind `address`. */
function indexAt(list: readonly Mapping[], address: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.end ?? 0) > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isInside(list: readonly Mapping[], address: number): boolean {
  const mapping = list[indexAt(list, address)];
  return mapping !== undefined && mapping.start < address;
}

function countIn(list: readonly Mapping[], start: number, end: number): number {
  let count = 0;
  for (let index = indexAt(list, start); index < list.length; index += 1) {
    if ((list[index]?.start ?? end) >= end) break;
    count += 1;
  }
  return count;
}
