/** Whether a process is worth its first point. */

/**
 * Chosen: the first point of a process, for which all has to be set up, takes as long as dozens of
 * others. Who ends before, as children do that are forked for one request, has no use of it; and
 * on a busy machine such a child lives for long, but does not run for long.
 */
const FIRST_LIFE_MS = 100;
const FIRST_RUN_MS = 20;
/** Chosen: a child that waits for work is to have a point, too. */
const LONG_LIFE_MS = 1000;

/**
 * @param ageMs since it was begun
 * @param periodMs between two points
 * @param readRunMs how long it has had a processor: asked where that matters
 */
export function paysForPoints(ageMs: number, periodMs: number, readRunMs: () => number): boolean {
  if (ageMs >= LONG_LIFE_MS) return true;
  return ageMs >= Math.max(FIRST_LIFE_MS, periodMs) && readRunMs() >= FIRST_RUN_MS;
}
