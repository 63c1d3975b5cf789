/**
 * Copies of the program's descriptors, each closed as soon as it has been used: a copy that stays
 * keeps open what the program has closed.
 */
import { close } from '../sys/file.ts';
import { pidfdGetfd, pidfdOpen } from '../sys/pidfd.ts';

export class Copies implements Disposable {
  private readonly tid: number;
  /** 0: not opened yet; -1: not to be had. */
  private pidfd = 0;

  /** @param tid through which the program's table is seen */
  constructor(tid: number) {
    this.tid = tid;
  }

  /** What `work` makes of a copy; undefined: there is none, for lack of numbers or of rights. */
  use<Result>(fd: number, work: (own: number) => Result): Result | undefined {
    if (this.pidfd === 0) this.pidfd = this.open();
    if (this.pidfd < 0) return undefined;
    const own = pidfdGetfd(this.pidfd, fd);
    if (own < 0) return undefined;
    try {
      return work(own);
    } finally {
      close(own);
    }
  }

  [Symbol.dispose](): void {
    if (this.pidfd > 0) close(this.pidfd);
    this.pidfd = 0;
  }

  private open(): number {
    try {
      return pidfdOpen(this.tid);
    } catch {
      return -1;
    }
  }
}
