/** The alarm that ends calls whose time is up, in threads that are followed to their end. */
import { Alarm } from '../sys/alarm.ts';
import type { Thread } from '../tracee/thread.ts';

/** When a thread is looked at again that has been told to stop. Chosen. */
const AGAIN_MS = 1;

export class WaitAlarm {
  private readonly alarm = new Alarm();
  private readonly threads = new Set<Thread>();
  /** When it goes off, from performance.now; Infinity: it is not set. */
  private setFor = Infinity;

  /** The thread's call has until `untilMs`. */
  set(thread: Thread, untilMs: number): void {
    this.threads.add(thread);
    if (untilMs < this.setFor) this.wind(untilMs);
  }

  /** It went off: stop the threads whose time is up, so that their calls are ended. */
  ring(): void {
    const now = performance.now();
    let next = Infinity;
    for (const thread of this.threads) {
      if (thread.state.kind === 'gone' || thread.waitsUntil === undefined) {
        this.threads.delete(thread);
      } else if (thread.waitsUntil > now) next = Math.min(next, thread.waitsUntil);
      else {
        if (thread.state.kind === 'running') thread.interrupt();
        next = Math.min(next, now + AGAIN_MS);
      }
    }
    this.wind(next);
  }

  private wind(untilMs: number): void {
    this.setFor = untilMs;
    if (untilMs === Infinity) this.alarm.clear();
    else this.alarm.set(untilMs);
  }
}
