/**
 * What a rollback acquires before it is committed: descriptors, files, room. A scope: all of it is
 * given back in the reverse order when the rollback is refused or done.
 */
import { SyscallError } from '../errors.ts';

export class Claims {
  private readonly releases: (() => void)[] = [];

  /**
   * Acquire one thing. `get` throws or answers minus errno where it is refused.
   *
   * @throws SyscallError with `what` as its call
   */
  acquire(what: string, get: () => number, release: (value: number) => void): number {
    const value = get();
    if (value < 0) throw new SyscallError(`cannot ${what}`, { syscall: what, errno: -value });
    this.releases.push(() => {
      release(value);
    });
    return value;
  }

  /** Give everything back. Each thing once, the last first; a failure does not keep the others. */
  release(): void {
    for (let undo = this.releases.pop(); undo !== undefined; undo = this.releases.pop()) undo();
  }
}
