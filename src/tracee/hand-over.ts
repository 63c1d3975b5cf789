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

const SIGSTOP = 19;
/** Taken off the queue before SIGSTOP, and sent by no fault. */
const CARRIERS: readonly number[] = [1, 2, 3, 10, 12, 13, 14, 15, 16];
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
  sendDeferredAgain(thread);
  return true;
}

/** What came while calls were made, and cannot be blocked: of SIGSTOP one is enough. */
export function sendDeferredAgain(thread: Thread): void {
  if (thread.deferredSignals.includes(SIGSTOP)) tgkill(thread.group.pid, thread.tid, SIGSTOP);
  thread.deferredSignals.length = 0;
}

/** A signal that is not pending; 0: there is none. */
function chooseCarrier(thread: Thread): number {
  const status = readStatus(thread.group.pid, thread.tid);
  if (status === undefined) return 0;
  const pending = status.signalsPending | status.signalsPendingShared;
  return CARRIERS.find((signo) => (pending & (1n << BigInt(signo - 1))) === 0n) ?? 0;
}
