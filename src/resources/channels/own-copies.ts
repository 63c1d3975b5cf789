/**
 * Copies of descriptors of a process that is held still, for a moment: a scope. A copy that stayed
 * would keep the other end waiting for its end of file.
 */
import { close } from '../../sys/file.ts';
import { pidfdGetfd, pidfdOpen } from '../../sys/pidfd.ts';

export class OwnCopies implements Disposable {
  private readonly pidfd: number;
  private readonly taken = new Map<number, number>();

  /** Throws SyscallError when the thread is gone, or we have no number left. */
  constructor(tid: number) {
    this.pidfd = pidfdOpen(tid);
  }

  /** Our copy of a descriptor, each made once; or minus errno. */
  of(fd: number): number {
    const known = this.taken.get(fd);
    if (known !== undefined) return known;
    const copy = pidfdGetfd(this.pidfd, fd);
    if (copy >= 0) this.taken.set(fd, copy);
    return copy;
  }

  /** Close those made so far: there may be many channels, and our numbers have a limit. */
  giveBack(): void {
    for (const copy of this.taken.values()) close(copy);
    this.taken.clear();
  }

  [Symbol.dispose](): void {
    this.giveBack();
    close(this.pidfd);
  }
}
