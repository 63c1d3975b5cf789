/** What /proc/PID/status says of a process or a thread now. */
import { readFileSync } from 'node:fs';
import { parseStatus, type ProcessStatus } from '../procfs/status.ts';
import { directoryOf } from './task-directory.ts';

/** With `tid`, of that thread of the process. Undefined: it has ended, or cannot be looked at. */
export function readStatus(pid: number | 'self', tid?: number): ProcessStatus | undefined {
  try {
    return parseStatus(readFileSync(`${directoryOf(pid, tid)}/status`, 'latin1'));
  } catch {
    return undefined;
  }
}
