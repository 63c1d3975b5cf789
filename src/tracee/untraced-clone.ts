/**
 * Children begun with CLONE_UNTRACED: they have our filter, and would have nobody to answer what it
 * hands over. So they are traced like all others, and nobody sees another register than without us.
 */
import { CLONE_UNTRACED } from '../sys/clone3.ts';
import type { Thread } from './thread.ts';

/**
 * A thread is at a clone call with that flag: it is made without. The register that the flags were
 * in has them again, in both threads, when the call has been made. Its registers are fetched.
 */
export function haveTraced(thread: Thread): void {
  const flags = thread.registers.getInt('rdi');
  thread.ownFlags = flags;
  thread.isAtSyscallEntry = true;
  thread.registers.setInt('rdi', flags & ~CLONE_UNTRACED);
  thread.storeRegisters();
}

/** The child of such a call is known: its first stop has been, or is to come. */
export function keepTraced(parent: Thread, child: Thread): Thread {
  child.ownFlags = parent.ownFlags;
  parent.giveFlagsBack();
  if (child.isStopped) child.giveFlagsBack();
  return child;
}
