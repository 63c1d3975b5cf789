/** Which differences of the kernel's state are no fault: known beforehand, or named by belay. */
import type { Difference } from './compare.ts';
import { KNOWN_GAPS, NAMED_BY } from './known-gaps.ts';

export interface Excused {
  readonly difference: Difference;
  /** As it is counted. */
  readonly outcome: 'known gap' | 'named';
}

export interface Judged {
  readonly excused: readonly Excused[];
  readonly left: readonly Difference[];
}

/** @param lost what the point says did not come back: the bits of struct tjmp */
export function judge(differences: readonly Difference[], lost: number): Judged {
  const excused: Excused[] = [];
  const left: Difference[] = [];
  for (const difference of differences) {
    const { what } = difference;
    if (what === undefined) left.push(difference);
    else if ((what.split(' ')[0] ?? '') in KNOWN_GAPS)
      excused.push({ difference, outcome: 'known gap' });
    else if ((bitsOf(what) & lost) !== 0) excused.push({ difference, outcome: 'named' });
    else left.push(difference);
  }
  return { excused, left };
}

function bitsOf(what: string): number {
  return NAMED_BY.find(([start]) => what.startsWith(start))?.[1] ?? 0;
}
