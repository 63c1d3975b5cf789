/**
 * Signals on their way to a thread: the kernel has taken them off the queue, and tells us of them
 * before it hands them over. To the program they wait as much as those in the queue: but not those
 * that stop the process, which is nothing that it does.
 */
import { isMadeAgain, signoOf } from '../../tracee/siginfo.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { StatusLines } from '../status-lines.ts';
import { isStopping, type SignalQueue } from './pending-queues.ts';

const NONE: SignalQueue = [];

/** The siginfo_t of each, the first to come first. */
export function signalsOnTheWay(thread: Thread, status: StatusLines): SignalQueue {
  if (thread.stop?.kind !== 'signal') return NONE;
  const info = thread.fetchSiginfo();
  if (info === undefined) return NONE;
  // Of those that came while it made calls for us the kernel is told no more than the number.
  const deferred = thread.deferredSignals.map((signo) => {
    const bytes = new Uint8Array(info.bytes.length);
    bytes[0] = signo;
    return bytes;
  });
  return [new Uint8Array(info.bytes), ...deferred].filter((each) => {
    return !isMadeAgain(each) && (!isStopping(each) || status.isCaught(signoOf(each)));
  });
}
