/** What /proc/PID/stat says of a process or a thread now. */
import { readFileSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../procfs/stat.ts';
import { directoryOf } from './task-directory.ts';

/** With `tid`, of that thread of the process. Undefined: it has ended, or cannot be looked at. */
export function readStat(pid: number | 'self', tid?: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`${directoryOf(pid, tid)}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}
