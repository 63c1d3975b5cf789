/** The threads of one traced process, and whether they are being held still. */
import type { Thread } from './thread.ts';

export class ThreadGroup {
  readonly pid: number;
  readonly threads = new Map<number, Thread>();
  /** While true, stops are held instead of handled: somebody works on the whole process. */
  isHeld = false;
  /** Counts execs: work that sees it change has lost the process it worked on. */
  execCount = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  get leader(): Thread | undefined {
    return this.threads.get(this.pid);
  }

  isStill(): boolean {
    for (const thread of this.threads.values()) {
      if (thread.state !== 'stopped') return false;
    }
    return true;
  }
}
