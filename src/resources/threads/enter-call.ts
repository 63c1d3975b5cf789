/** Brings a thread that is put back into the call that it was in at the point. */
import { SYSCALL_INSTRUCTION } from '../../arch/x64/registers.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import type { Stop } from '../../sys/wait.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { Thread } from '../../tracee/thread.ts';

/** Behind these stops the kernel looks whether a call is to be made again: get_signal. */
const LOOKED_AT: ReadonlySet<Stop['kind']> = new Set(['interrupt', 'group-stop', 'signal']);

/** It makes a call that we answer, and leaves it: the exit is told of to who follows the thread. */
export function isWithinCall({ stop, isDisplaced }: Thread): boolean {
  return stop?.kind === 'seccomp' && !isDisplaced;
}

/**
 * One that has been stopped when it was about to make a call, which it must not make now, leaves
 * that stop by a call that does nothing. Where it went on from there, filters of its own would look
 * at the call that is none (-1) in place of that one, and could kill it. While it makes calls for
 * us they are suspended.
 *
 * Source: kernel/entry/common.c, syscall_trace_enter: seccomp comes behind ptrace.
 */
export function leaveEntry(thread: Thread, remote: RemoteSource): void {
  const { stop, isAtSyscallEntry, isDisplaced } = thread;
  if (stop?.kind !== 'syscall' || !isAtSyscallEntry || isDisplaced) return;
  remote().calls.call(SYS.munmap, 0, 0);
}

/**
 * Put it into the call that it was in at the point; where it goes on. Only behind some stops does
 * the kernel look whether a call is broken off: behind the others the thread is on its way back.
 */
export function enterCall(thread: Thread): number {
  const { registers, stop, isDisplaced } = thread;
  thread.wayBack.note(registers);
  if (!registers.isInterruptedSyscall()) return registers.get('rip');
  const isLookedAt = isDisplaced || (stop !== undefined && LOOKED_AT.has(stop.kind));
  if (isLookedAt) return registers.get('rip') - SYSCALL_INSTRUCTION.length;
  registers.rewindSyscall();
  return registers.get('rip');
}
