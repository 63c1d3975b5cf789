/** The processes that a program has made before it is attached to, as /proc tells. */
import { readdirSync } from 'node:fs';
import { isEnded } from '../procfs/stat.ts';
import { readStat } from '../tasks/read-stat.ts';

export interface RunningChild {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  /** With the pid it names a process for good. */
  readonly startTicks: number;
}

/**
 * The children of a process, their children and so on, parents first. Those that have ended are
 * none, nor are those that are skipped, and what they have made. All of /proc is read, since the
 * lists of children that it has leave some out when others end meanwhile: proc_pid_children(5).
 */
export function listDescendants(root: number, isSkipped: (pid: number) => boolean): RunningChild[] {
  const byParent = Map.groupBy(listProcesses(), ({ ppid }) => ppid);
  const found: RunningChild[] = [];
  const parents = [root];
  for (const parent of parents) {
    for (const child of byParent.get(parent) ?? []) {
      if (isSkipped(child.pid)) continue;
      found.push(child);
      parents.push(child.pid);
    }
  }
  return found;
}

function listProcesses(): RunningChild[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readChild(Number(name)) ?? []);
}

function readChild(pid: number): RunningChild | undefined {
  const stat = readStat(pid);
  if (stat === undefined || isEnded(stat)) return undefined;
  const { ppid, comm, startTicks } = stat;
  return { pid, ppid, comm, startTicks };
}
