/** Which calls a stopped thread can be stepped over, and from where: see remote-calls.ts. */
import { SYS } from '../arch/x64/syscalls.ts';
import { STOP_SIGNALS } from './hand-over.ts';
import type { Thread } from './thread.ts';

/** They return at once, whatever they answer, and do nothing to SIGTRAP. */
const STEPPED_OVER: ReadonlySet<number> = new Set([
  SYS.alarm,
  SYS.brk,
  SYS.getitimer,
  SYS.mmap,
  SYS.munmap,
  SYS.prctl,
  SYS.setitimer,
]);

/** Whether a step can leave the thread's stop, and come back to one that is as good as the same. */
export function canStepOver(nr: number, { stop, deferredSignals }: Thread): boolean {
  if (stop === undefined || !STEPPED_OVER.has(nr) || deferredSignals.length > 0) return false;
  if (stop.kind === 'signal') return !STOP_SIGNALS.has(stop.signo);
  return stop.kind === 'interrupt' || stop.kind === 'seccomp';
}
