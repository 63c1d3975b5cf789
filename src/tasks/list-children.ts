/** The children of a process, as /proc tells: proc_pid_children(5). */
import { readFileSync } from 'node:fs';
import { listThreads } from './list-threads.ts';

/** Those that one thread of the process has made, or was given; none where it has ended. */
export function listChildrenOf(pid: number, tid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Those of all its threads. Some may be left out when others end meanwhile. */
export function listChildren(pid: number): number[] {
  return listThreads(pid).flatMap((tid) => listChildrenOf(pid, tid));
}
