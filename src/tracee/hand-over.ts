/**
 * Hands a thread the signal that it was stopped for before it made calls for us.
 *
 * Only from the stop of a signal can one be handed over with its siginfo. So another signal is sent
 * to the thread, one that nobody has sent it yet: in the stop of that one we give it the siginfo of
 * the first. None is queued anew, so their order is kept.
 */
import { NativeBuffer } from '../sys/libc.ts';
import { tgkill } from '../sys/process.ts';
import { ptraceCont, ptraceSetsigmask } from '../sys/ptrace.ts';
import { readStatus } from '../tasks/read-status.ts';
import type { EventPump } from './event-pump.ts';
import type { Thread } from './thread.ts';

const SIGCONT = 18;
const SIGSTOP = 19;
/** They stop the whole process, but for a handler: and SIGTSTP, SIGTTIN, SIGTTOU. */
export const STOP_SIGNALS: ReadonlySet<number> = new Set([SIGSTOP, 20, 21, 22]);
/** Taken off the queue before SIGSTOP, and sent by no fault. */
const CARRIERS: readonly number[] = [1, 2, 3, 10, 12, 13, 14, 15, 16];
const ALL = (1n << 64n) - 1n;
/** Group stops and the like that can come before the carrier: chosen. */
const STOPS_MAX = 20;

const mask = new NativeBuffer(8);

/**
 * From the exit of a call into the stop of the signal in `thread.stop`, whose siginfo the thread
 * has. False when that cannot be done. The mask is set by whoever calls.
 */
export function handOver(pump: EventPump, thread: Thread): boolean {
  const carrier = chooseCarrier(thread);
  if (carrier === 0 || tgkill(thread.group.pid, thread.tid, carrier) !== 0) return false;
  mask.words[0] = ~(1 << (carrier - 1)) >>> 0;
  mask.words[1] = 0xffffffff;
  ptraceSetsigmask(thread.tid, mask.address);
  for (let stops = 0; stops < STOPS_MAX; stops += 1) {
    if (ptraceCont(thread.tid, 0) !== 0) return true;
    const stop = pump.nextOf(thread);
    if (stop?.kind === 'exit') pump.letEnd(thread);
    if (stop === undefined || stop.kind === 'exit') return true;
    if (stop.kind === 'signal' && stop.signo === carrier) break;
    if (stop.kind === 'signal') thread.deferSignal(stop.signo);
  }
  // From here on the kernel itself takes the stop back when SIGCONT comes.
  if (stopsProcess(thread) && wasContinued(thread)) thread.stopFor({ kind: 'interrupt' });
  sendDeferredAgain(thread);
  return true;
}

function stopsProcess({ stop }: Thread): boolean {
  return stop?.kind === 'signal' && STOP_SIGNALS.has(stop.signo);
}

/** SIGCONT has come behind the signal that stops the process, which it takes back. */
function wasContinued({ tid, group }: Thread): boolean {
  for (const { stop, deferredSignals } of group.threads.values()) {
    if (stop?.kind === 'signal' && stop.signo === SIGCONT) return true;
    if (deferredSignals.includes(SIGCONT)) return true;
  }
  return (readPending(group.pid, tid) & (1n << BigInt(SIGCONT - 1))) !== 0n;
}

/** What came while calls were made, and cannot be blocked: of SIGSTOP one is enough. */
export function sendDeferredAgain(thread: Thread): void {
  const isStopped = thread.deferredSignals.includes(SIGSTOP) && !wasContinued(thread);
  if (isStopped) tgkill(thread.group.pid, thread.tid, SIGSTOP);
  thread.deferredSignals.length = 0;
}

/** A signal that is not pending; 0: there is none. */
function chooseCarrier(thread: Thread): number {
  const pending = readPending(thread.group.pid, thread.tid);
  return CARRIERS.find((signo) => (pending & (1n << BigInt(signo - 1))) === 0n) ?? 0;
}

/** One bit for each signal that waits; all of them for a thread that is gone. */
function readPending(pid: number, tid: number): bigint {
  const status = readStatus(pid, tid);
  if (status === undefined) return ALL;
  return status.signalsPending | status.signalsPendingShared;
}
