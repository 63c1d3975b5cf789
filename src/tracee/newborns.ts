/**
 * Threads whose first stop has come before their parent has told of them. It does so at once,
 * unless it was killed: then nobody ever will, and they would stay stopped.
 */
import { Alarm } from '../sys/alarm.ts';
import type { Stop } from '../sys/wait.ts';
import { readStatus } from '../tasks/read-status.ts';

/** Chosen: how often it is looked whether a parent is still there. */
const LOOK_EVERY_MS = 5;
/**
 * Chosen: a parent that is there tells of its child before it does anything else. One thread of it
 * may have been ended by another's execve(2), which its process survives.
 */
const WAIT_MAX_MS = 1000;

/** A thread that nobody will tell of. */
export interface Newborn {
  readonly tid: number;
  readonly tgid: number;
  readonly ppid: number;
}

interface Early {
  readonly stop: Stop;
  readonly sinceMs: number;
}

export class Newborns {
  private readonly early = new Map<number, Early>();
  private readonly alarm = new Alarm();

  put(tid: number, stop: Stop): void {
    const sinceMs = performance.now();
    this.early.set(tid, { stop, sinceMs });
    this.alarm.set(sinceMs + LOOK_EVERY_MS);
  }

  /** Its first stop, if that has come: it is known from now on. */
  take(tid: number): Stop | undefined {
    const known = this.early.get(tid);
    if (known === undefined) return undefined;
    this.early.delete(tid);
    if (this.early.size === 0) this.alarm.clear();
    return known.stop;
  }

  /** Asked at each alarm: those whose parent, by `hasThreads`, is gone, or has told of nothing. */
  findOrphans(hasThreads: (pid: number) => boolean): Newborn[] {
    if (this.early.size === 0) return [];
    const now = performance.now();
    this.alarm.set(now + LOOK_EVERY_MS);
    const orphans: Newborn[] = [];
    for (const [tid, { sinceMs }] of this.early) {
      const newborn = readNewborn(tid);
      if (newborn === undefined) continue;
      const parent = newborn.tgid === tid ? newborn.ppid : newborn.tgid;
      if (now - sinceMs > WAIT_MAX_MS || !hasThreads(parent)) orphans.push(newborn);
    }
    return orphans;
  }
}

/** Undefined: it is gone, and its end is about to be reported. */
function readNewborn(tid: number): Newborn | undefined {
  const status = readStatus(tid);
  return status === undefined ? undefined : { tid, tgid: status.tgid, ppid: status.ppid };
}
