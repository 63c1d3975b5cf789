/**
 * Processes of their own that run in one address space with another: clone(CLONE_VM) without
 * CLONE_THREAD. They are not held still with it, nor do their registers go back: while one lives,
 * memory can neither be saved as of one moment nor be put back. All processes of an address space
 * have the same list. (A child in vfork(2) is none: its parent waits for it, and tells of it.)
 */
import { BelayError } from '../errors.ts';
import { isSameMemory } from '../sys/process.ts';

export interface Sharer {
  readonly pid: number;
  /** A thread of it that has not ended. */
  readonly living: number;
}

export class MemorySharers {
  private sharers: readonly Sharer[] = [];

  add(sharer: Sharer): void {
    const others = this.sharers.filter(
      ({ pid, living }) => pid !== sharer.pid && isSameMemory(living, sharer.living),
    );
    this.sharers = [...others, sharer];
  }

  /** One that runs in the memory of this process now, and is another. */
  findBeside({ pid, living }: Sharer): Sharer | undefined {
    return this.sharers.find((other) => other.pid !== pid && isSameMemory(living, other.living));
  }
}

/** Why there are no points of a process now, and no way back; undefined: nobody shares. */
export function describeSharing(sharers: MemorySharers, process_: Sharer): string | undefined {
  const sharer = sharers.findBeside(process_);
  return sharer === undefined
    ? undefined
    : `process ${sharer.pid} shares its memory (CLONE_VM), and runs on`;
}

export function whyShared(pid: number, reason: string): BelayError {
  const hint = 'wait until that one has ended or exec’d; processes made by fork share none';
  return new BelayError('EAGAIN', `cannot save process ${pid}: ${reason}`, { hint });
}
