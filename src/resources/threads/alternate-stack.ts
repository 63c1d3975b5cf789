/**
 * The alternate signal stack of a living thread: sigaltstack(2), a stack_t of 24 bytes.
 *
 * The kernel refuses while the thread runs on it, so the thread has the registers of the point by
 * then.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

export const STACK_T_SIZE = 24;
const FLAGS_OFFSET = 8;
const SS_ONSTACK = 1;
const SS_DISABLE = 2;

export function isStackEnabled(stack: Uint8Array): boolean {
  return ((stack[FLAGS_OFFSET] ?? 0) & SS_DISABLE) === 0;
}

/** Give the calling thread its stack of the point. */
export function exchangeStack(
  remote: RemoteSource,
  target: TargetMemory,
  wanted: Uint8Array,
): 'was it' | 'was another' | 'refused' {
  const { calls, scratch } = remote();
  const former = scratch.reserve(STACK_T_SIZE);
  const result = calls.call(SYS.sigaltstack, scratch.put(Buffer.from(wanted)), former);
  const before = target.read(former, STACK_T_SIZE);
  const isSame = withoutUse(before).equals(withoutUse(wanted));
  if (isSame) return 'was it';
  return result === 0 ? 'was another' : 'refused';
}

/** Whether the thread is running on it right now is no matter of the stack. */
function withoutUse(stack: Uint8Array): Buffer {
  const bytes = Buffer.from(stack);
  bytes[FLAGS_OFFSET] = (bytes[FLAGS_OFFSET] ?? 0) & ~SS_ONSTACK;
  return bytes;
}
