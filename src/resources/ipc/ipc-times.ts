/**
 * What is done with System V objects is told of in whole seconds of a clock that may be behind the
 * one we read by some ms: what was read in the second of the last change, or just after, may be
 * older than the next one of the same second.
 */

/** Seconds since 1970. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** What was read in second `readAt` is all that happened up to `lastAt`, if that is the last. */
export function isSettled(lastAt: number, readAt: number): boolean {
  return lastAt + 1 < readAt;
}
