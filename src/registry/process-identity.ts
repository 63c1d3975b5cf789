/** A process told apart from a later one with the same pid: by when it started. */
import { isEnded } from '../procfs/stat.ts';
import { readStat } from '../tasks/read-stat.ts';

/**
 * When a process started, in clock ticks since the machine did; undefined when it is gone.
 *
 * A zombie counts as gone: nothing of it runs any more, unless only its first thread has ended.
 */
export function readStartTime(pid: number): number | undefined {
  const stat = readStat(pid);
  return stat === undefined || isEnded(stat) ? undefined : stat.startTicks;
}

/** Whether the process that had this pid and start time still runs. */
export function isAlive(pid: number, startTime: number): boolean {
  return readStartTime(pid) === startTime;
}
