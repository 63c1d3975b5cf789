/**
 * What a rollback acquires before it is committed: descriptors, files, room. A scope: all of it is
 * given back in the reverse order when the rollback is refused or done.
 */
import { SyscallError } from '../errors.ts';

export class Claims {
  /** Chosen by tests that let the n-th acquisition fail; 0: none does. */
  static failAt = 0;
  private readonly releases: (() => void)[] = [];
  private count = 0;

  /**
   * Acquire one thing. `get` throws or answers minus errno where it is refused.
   *
   * @throws SyscallError with `what` as its call
   */
  acquire(what: string, get: () => number, release: (value: number) => void): number {
    this.count += 1;
    const value = this.count === Claims.failAt ? -ENOMEM : get();
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

const ENOMEM = 12;
