/** Faults and signals that were on their way to threads of a process that goes back. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { isMadeAgain } from '../tracee/siginfo.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Program } from './program.ts';

/**
 * A fault of a thread that was put back and has not run since: it was on its way before (the kernel
 * forces SIGSEGV on a thread whose rseq area is gone), and what caused it is undone. Others,
 * as a trap, come behind their instruction: they were on their way at the point, too.
 */
export function isStale(thread: Thread): boolean {
  const { restoredAt } = thread;
  thread.restoredAt = undefined;
  const info = thread.fetchSiginfo();
  if (restoredAt === undefined || info === undefined || !isMadeAgain(info.bytes)) return false;
  return thread.fetchRegisters() && thread.registers.get('rip') === restoredAt;
}

/** What caused the fault that a thread is stopped for is about to be undone. */
export function forgetFault(thread: Thread, { fallSignals }: Program): void {
  const { stop } = thread;
  thread.handling = undefined;
  if (stop?.kind !== 'signal' || !fallSignals.has(stop.signo)) return;
  thread.stopFor({ kind: 'interrupt' }, thread.isDisplaced);
}

/**
 * Run a process on that was put back. Signals that were on their way to other threads still arrive,
 * but for faults: what caused them is undone.
 */
export function releaseRolledBack(
  process_: TracedProcess,
  fallSignals: ReadonlySet<number>,
  resume: (thread: Thread, signo: number) => void,
): void {
  process_.group.isHeld = false;
  for (const thread of [...process_.group.threads.values()]) {
    const { stop, deferredSignals } = thread;
    if (stop === undefined) continue;
    const kept = deferredSignals.filter((signo) => !fallSignals.has(signo));
    deferredSignals.splice(0, deferredSignals.length, ...kept);
    const isKept = stop.kind === 'signal' && !fallSignals.has(stop.signo);
    resume(thread, isKept ? stop.signo : 0);
  }
}
