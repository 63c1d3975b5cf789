/**
 * Alarms that end the tracer's waitpid(2): any number of them, over the one interval timer that a
 * process has. One that went off goes on ringing until its owner sets it anew or clears it.
 */
import { setAlarm } from './itimer.ts';

/** The timer cannot be set for no time at all. */
const SOONEST_MS = 0.05;

/** When each goes off, from performance.now. */
const due = new Map<Alarm, number>();
let wound = Infinity;

export class Alarm {
  set(atMs: number): void {
    due.set(this, atMs);
    wind();
  }

  clear(): void {
    if (due.delete(this)) wind();
  }
}

/** Whether one of them rings: for whoever does not wait. */
export function isAlarmDue(): boolean {
  return wound !== Infinity && performance.now() >= wound;
}

/** Set the timer for the first of them. */
function wind(): void {
  let first = Infinity;
  for (const atMs of due.values()) if (atMs < first) first = atMs;
  if (first === wound) return;
  wound = first;
  setAlarm(first === Infinity ? 0 : Math.max(first - performance.now(), SOONEST_MS));
}
