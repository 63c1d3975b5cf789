/**
 * Compares queues of pending signals: what is to be taken off, and what is to be put in again.
 *
 *   siginfo_t: signo at 0, code at 8, the sender's pid at 16 where it was sent (code <= 0)
 */

/** SIGILL, SIGTRAP, SIGABRT (of abort(3), to itself), SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
const FAULTS: readonly number[] = [4, 5, 6, 7, 8, 11, 31];
const REALTIME_MIN = 32;

/** The siginfo_t of each, the first to come first. */
export type SignalQueue = readonly Uint8Array[];

export function signoOf(info: Uint8Array): number {
  return viewOf(info).getInt32(0, true);
}

export function isFault(signo: number): boolean {
  return FAULTS.includes(signo);
}

/**
 * Faults that came since: what caused them is undone. Others than those that the kernel forced, or
 * the program sent itself, were not caused by it.
 *
 * @param ownPid as the program knows it
 */
export function findUndone(now: SignalQueue, wanted: SignalQueue, ownPid: number): Uint8Array[] {
  return now.filter((info) => {
    if (!isFault(signoOf(info)) || hasEqual(wanted, info)) return false;
    const code = viewOf(info).getInt32(8, true);
    return code > 0 || viewOf(info).getInt32(16, true) === ownPid;
  });
}

/** Signals of the point that are not pending any more: the program has taken them since. */
export function findTaken(now: SignalQueue, wanted: SignalQueue): Uint8Array[] {
  const left = [...now];
  return wanted.filter((info) => {
    const index = left.findIndex((other) => isSamePending(other, info));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/** Of the standard signals one of each number can be pending, whoever sent it. */
function isSamePending(one: Uint8Array, other: Uint8Array): boolean {
  const signo = signoOf(one);
  if (signo !== signoOf(other)) return false;
  return signo < REALTIME_MIN || Buffer.compare(one, other) === 0;
}

function hasEqual(queue: SignalQueue, info: Uint8Array): boolean {
  return queue.some((other) => Buffer.compare(other, info) === 0);
}

function viewOf(info: Uint8Array): DataView {
  return new DataView(info.buffer, info.byteOffset, info.byteLength);
}
