/**
 * What a point does not know for sure: it was not looked at when the point was made, and has what
 * was found some time before. A change since then shows in a rollback, and is named as such; what
 * was changed before the point and back after it does not show. So each such rollback names it.
 */
import type { Named } from './resource.ts';

export const ATTRIBUTES = 'locks, advice and keys of mappings';

/** Chosen: a few steps, so that points of about the same age are told of in one line. */
const AGES: readonly (readonly [ms: number, text: string])[] = [
  [10, '10 ms'],
  [100, '100 ms'],
  [1000, '1 s'],
  [10_000, '10 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
];

/** Of a rollback. The same text each time: it is told once, and then how often. */
export function nameGuess(bit: number, what: string): Named {
  return { bit, text: `${what}: whether they are those of the point is not known`, isGuess: true };
}

/** Of a point. @param ageMs how long before the point it was looked at */
export function foretellGuess(bit: number, what: string, ageMs: number): Named {
  const [, within = 'more than 1 h'] = AGES.find(([ms]) => ageMs <= ms) ?? [];
  const text = `${what} are as they were ${within} before the point, or less: not asked at it`;
  return { bit, text, isGuess: true };
}
