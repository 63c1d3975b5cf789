/** What /proc/PID/wchan says: the function of the kernel's in which a thread waits. */
import { readFileSync } from 'node:fs';
import { directoryOf } from './task-directory.ts';

/** Empty: it has ended; `0`: it does not wait, or we may not know. */
export function readWaitChannel(pid: number, tid: number): string {
  try {
    return readFileSync(`${directoryOf(pid, tid)}/wchan`, 'latin1');
  } catch {
    return '';
  }
}
