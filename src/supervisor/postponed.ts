/**
 * Threads whose stop is answered later: what they ask for takes a whole process, theirs or another,
 * and one of its threads is in vfork(2), or somebody else is at work on it. Nothing else is held up
 * meanwhile: the child may be waiting for another thread of its parent.
 */
import { Alarm } from '../sys/alarm.ts';
import type { Thread, ThreadGroup } from '../tracee/thread.ts';

/** Chosen: a spawned program is executed within a few milliseconds. */
const LIMIT_MS = 200;
const INTERVAL_MS = 20;

/** For which process a thread waits, and how long. */
interface Wait {
  readonly group: ThreadGroup;
  readonly untilMs: number;
}

export class Postponed {
  private readonly alarm = new Alarm();
  private readonly waiting = new Map<Thread, Wait>();

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Whether the thread is to stay in its stop; false: `group` is free, or busy for too long. */
  add(thread: Thread, group = thread.group): boolean {
    const now = performance.now();
    const untilMs = this.waiting.get(thread)?.untilMs ?? now + LIMIT_MS;
    if (!isBusy(thread, group) || now >= untilMs) {
      this.waiting.delete(thread);
      if (this.isEmpty) this.alarm.clear();
      return false;
    }
    this.waiting.set(thread, { group, untilMs });
    this.alarm.set(now + INTERVAL_MS);
    return true;
  }

  /** Those whose stop is to be answered now. */
  take(): Thread[] {
    const now = performance.now();
    const due: Thread[] = [];
    for (const [thread, { group, untilMs }] of this.waiting) {
      if (thread.isStopped && isBusy(thread, group) && now < untilMs) continue;
      if (thread.isStopped && thread.group.isHeld) continue;
      if (thread.isStopped) due.push(thread);
      else this.waiting.delete(thread);
    }
    if (this.isEmpty) this.alarm.clear();
    else this.alarm.set(now + INTERVAL_MS);
    return due;
  }
}

function isBusy(thread: Thread, group: ThreadGroup): boolean {
  return group.isInVfork || (group !== thread.group && group.isHeld);
}
