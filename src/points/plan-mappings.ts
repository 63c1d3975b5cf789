/**
 * What must be done to the mappings of now to make them those of a point: data that describes work.
 *
 * Both lists are cut at all their boundaries; each elementary interval is unmapped, mapped anew,
 * protected, or left alone, and neighbours with the same need are joined again.
 */
import { at } from '../at.ts';
import { hasObject, isKernelMapping, type Mapping, type Range } from '../procfs/maps.ts';

export type MappingStep =
  | { readonly kind: 'unmap'; readonly start: number; readonly end: number }
  | {
      readonly kind: 'map' | 'protect';
      readonly start: number;
      readonly end: number;
      /** The mapping of the point that the interval belongs to. */
      readonly mapping: Mapping;
    };

/**
 * A plan, in the order it must be done in: unmap, take the right to write away, map, protect. What
 * frees memory comes first: limits count both what is new and what comes back.
 */
export function planMappings(now: readonly Mapping[], wanted: readonly Mapping[]): MappingStep[] {
  const steps: MappingStep[] = [];
  const cuts = collectCuts(now, wanted);
  const nowAt = cursor(now);
  const wantedAt = cursor(wanted);
  for (let index = 0; index + 1 < cuts.length; index += 1) {
    const start = at(cuts, index);
    const end = at(cuts, index + 1);
    const have = nowAt(start);
    const want = wantedAt(start);
    const step = planInterval(start, end, have, want);
    if (step !== undefined) append(steps, step);
  }
  return [
    ...steps.filter(({ kind }) => kind === 'unmap'),
    ...steps.filter((step) => step.kind === 'protect' && freesMemory(step)),
    ...steps.filter(({ kind }) => kind === 'map'),
    ...steps.filter((step) => step.kind === 'protect' && !freesMemory(step)),
  ];
}

/** After it no more memory counts against limits than before. */
export function freesMemory(step: MappingStep): boolean {
  return step.kind === 'unmap' || (step.kind === 'protect' && !step.mapping.writable);
}

function collectCuts(...lists: readonly (readonly Range[])[]): number[] {
  const cuts = new Set<number>();
  for (const list of lists) {
    for (const { start, end } of list) {
      cuts.add(start);
      cuts.add(end);
    }
  }
  return [...cuts].sort((a, b) => a - b);
}

/** A look-up for ascending addresses in a sorted list. */
function cursor<T extends Range>(list: readonly T[]): (address: number) => T | undefined {
  let index = 0;
  return (address) => {
    for (;;) {
      const item = list[index];
      if (item === undefined || address < item.start) return undefined;
      if (address < item.end) return item;
      index += 1;
    }
  };
}

function planInterval(
  start: number,
  end: number,
  have: Mapping | undefined,
  want: Mapping | undefined,
): MappingStep | undefined {
  if (have !== undefined && isKernelMapping(have)) return undefined;
  if (want === undefined) return have === undefined ? undefined : { kind: 'unmap', start, end };
  if (isKernelMapping(want)) return undefined;
  if (have === undefined || !isSameBacking(have, want, start)) {
    return { kind: 'map', start, end, mapping: want };
  }
  if (!isSameProtection(have, want)) return { kind: 'protect', start, end, mapping: want };
  return undefined;
}

/** The same pages would be seen through both at `address`. */
function isSameBacking(have: Mapping, want: Mapping, address: number): boolean {
  if (have.shared !== want.shared || have.inode !== want.inode) return false;
  if (have.device !== want.device) return false;
  if (!hasObject(want)) return true;
  return have.offset + (address - have.start) === want.offset + (address - want.start);
}

function isSameProtection(have: Mapping, want: Mapping): boolean {
  return (
    have.readable === want.readable &&
    have.writable === want.writable &&
    have.executable === want.executable
  );
}

function append(steps: MappingStep[], step: MappingStep): void {
  const last = steps.at(-1);
  if (last?.kind === step.kind && last.end === step.start) {
    const isSameMapping =
      last.kind === 'unmap' || step.kind === 'unmap' || last.mapping === step.mapping;
    if (isSameMapping) {
      steps[steps.length - 1] = { ...last, end: step.end };
      return;
    }
  }
  steps.push(step);
}
