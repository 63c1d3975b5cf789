/**
 * Threads whose stop is answered later: what they ask for takes the whole process, and one of its
 * threads is in vfork(2). Nothing else is held up meanwhile: the child may be waiting for another
 * thread of its parent.
 */
import { Alarm } from '../sys/alarm.ts';
import type { Thread } from '../tracee/thread.ts';

/** Chosen: a spawned program is executed within a few milliseconds. */
const LIMIT_MS = 200;
const INTERVAL_MS = 20;

export class Postponed {
  private readonly alarm = new Alarm();
  private readonly untilMs = new Map<Thread, number>();

  get isEmpty(): boolean {
    return this.untilMs.size === 0;
  }

  /** Whether the thread is to stay in its stop; false: no thread is in vfork, or for too long. */
  add(thread: Thread): boolean {
    const now = performance.now();
    const untilMs = this.untilMs.get(thread) ?? now + LIMIT_MS;
    if (!thread.group.isInVfork || now >= untilMs) {
      this.untilMs.delete(thread);
      if (this.isEmpty) this.alarm.clear();
      return false;
    }
    this.untilMs.set(thread, untilMs);
    this.alarm.set(now + INTERVAL_MS);
    return true;
  }

  /** Those whose stop is to be answered now. */
  take(): Thread[] {
    const now = performance.now();
    const due: Thread[] = [];
    for (const [thread, untilMs] of this.untilMs) {
      if (thread.isStopped && thread.group.isInVfork && now < untilMs) continue;
      if (thread.isStopped && thread.group.isHeld) continue;
      if (thread.isStopped) due.push(thread);
      else this.untilMs.delete(thread);
    }
    if (this.isEmpty) this.alarm.clear();
    else this.alarm.set(now + INTERVAL_MS);
    return due;
  }
}
