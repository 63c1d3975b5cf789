/** Whether a process is worth its first point. */

/**
 * Chosen: the first point of a process, for which all has to be set up, takes as long as dozens of
 * others. Who ends before, as children do that are forked for one request, has no use of it.
 */
const FIRST_LIFE_MS = 100;

/** @param ageMs since it was begun  @param periodMs between two points */
export function paysForPoints(ageMs: number, periodMs: number): boolean {
  return ageMs >= Math.max(FIRST_LIFE_MS, Math.min(periodMs, 10 * FIRST_LIFE_MS));
}
