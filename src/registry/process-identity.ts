/** A process told apart from a later one with the same pid: by when it started. */
import { readFileSync } from 'node:fs';

/** proc_pid_stat(5), fields 20 and 22, from 1; the fields after the name begin with field 3. */
const THREAD_COUNT_INDEX = 20 - 3;
const STARTTIME_INDEX = 22 - 3;

/**
 * When a process started, in clock ticks since the machine did; undefined when it is gone.
 *
 * A zombie counts as gone: nothing of it runs any more, unless only its first thread has ended.
 */
export function readStartTime(pid: number): number | undefined {
  const fields = readStatFields(pid);
  if (fields === undefined) return undefined;
  const isEnded = fields[0] === 'Z' || fields[0] === 'X';
  if (isEnded && Number(fields[THREAD_COUNT_INDEX]) <= 1) return undefined;
  const startTime = Number(fields[STARTTIME_INDEX]);
  return Number.isSafeInteger(startTime) ? startTime : undefined;
}

/** Whether the process that had this pid and start time still runs. */
export function isAlive(pid: number, startTime: number): boolean {
  return readStartTime(pid) === startTime;
}

/** The fields after `pid (name)`; the name may hold spaces and parentheses itself. */
function readStatFields(pid: number): string[] | undefined {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
