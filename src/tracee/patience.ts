/**
 * How long a thread is waited for that was asked to stop. One that is in the middle of something
 * that the kernel does not break off (vfork(2) before we were there, a device, a file system over
 * the network) may never stop, and everything else in the program stands still meanwhile. One that
 * only does not get a processor is waited for longer.
 */
import { Alarm } from '../sys/alarm.ts';
import { readStat } from '../tasks/read-stat.ts';
import type { Thread } from './thread.ts';

/** Chosen: how often it is looked what keeps a thread. */
const INTERVAL_MS = 40;
/** Chosen: longer than a disk takes, shorter than what people notice. */
const UNINTERRUPTIBLE_MAX_MS = 200;
/** Chosen: a machine on which a thread gets no processor for so long has other troubles. */
const BUSY_MAX_MS = 10_000;

export class Patience implements Disposable {
  private readonly startedMs = performance.now();
  private movingMs = performance.now();
  private readonly alarm = new Alarm();
  private dueMs = 0;

  constructor() {
    this.wind(this.startedMs);
  }

  /** Asked at each alarm: whether these threads have been waited for long enough. */
  isOver(threads: Iterable<Thread>): boolean {
    const now = performance.now();
    if (now < this.dueMs) return false;
    this.wind(now);
    if (now - this.startedMs > BUSY_MAX_MS) return true;
    for (const thread of threads) {
      if (isUninterruptible(thread)) return now - this.movingMs > UNINTERRUPTIBLE_MAX_MS;
    }
    this.movingMs = now;
    return false;
  }

  [Symbol.dispose](): void {
    this.alarm.clear();
  }

  private wind(now: number): void {
    this.dueMs = now + INTERVAL_MS;
    this.alarm.set(this.dueMs);
  }
}

function isUninterruptible({ tid, group }: Thread): boolean {
  return readStat(group.pid, tid)?.state === 'disk-sleep';
}
