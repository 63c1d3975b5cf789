/**
 * Copies of descriptors of a process that is held still, for a moment: a scope. A copy that stayed
 * would keep open what the program has closed, and the other end waiting for its end of file.
 */
import { constants } from 'node:os';
import { SyscallError } from '../errors.ts';
import { close } from '../sys/file.ts';
import { getDescriptor } from '../sys/pidfd.ts';

const { ESRCH } = constants.errno;

export class Copies implements Disposable {
  private readonly tid: number;
  private readonly taken = new Map<number, number>();

  /** @param tid through which the program's table is seen */
  constructor(tid: number) {
    this.tid = tid;
  }

  /** Our copy of a descriptor, each made once; or minus errno. */
  of(fd: number): number {
    const known = this.taken.get(fd);
    if (known !== undefined) return known;
    const copy = this.take(fd);
    if (copy >= 0) this.taken.set(fd, copy);
    return copy;
  }

  /** Close those made so far: there may be many, and our numbers have a limit. */
  giveBack(): void {
    for (const copy of this.taken.values()) close(copy);
    this.taken.clear();
  }

  /**
   * What `work` makes of a copy that is closed at once; undefined: there is none, for lack of
   * numbers or of rights.
   */
  use<Result>(fd: number, work: (own: number) => Result): Result | undefined {
    const own = this.take(fd);
    if (own < 0) return undefined;
    try {
      return work(own);
    } finally {
      close(own);
    }
  }

  [Symbol.dispose](): void {
    this.giveBack();
  }

  private take(fd: number): number {
    try {
      return getDescriptor(this.tid, fd);
    } catch (error) {
      return error instanceof SyscallError ? -error.errno : -ESRCH;
    }
  }
}
