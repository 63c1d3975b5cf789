/**
 * Compares queues of pending signals: what is to be taken off, and what is to be put in again.
 */
import { codeOf, signoOf, viewOf } from '../../tracee/siginfo.ts';

/** SIGILL, SIGTRAP, SIGABRT (of abort(3), to itself), SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
const FAULTS: readonly number[] = [4, 5, 6, 7, 8, 11, 31];
const REALTIME_MIN = 32;
const SI_KERNEL = 0x80;
const SI_TIMER = -2;
const SI_TKILL = -6;
/** SI_USER, SI_QUEUE, SI_TKILL: who sent it stands in it. */
const SENT: readonly number[] = [0, -1, SI_TKILL];
/** SIGALRM, SIGVTALRM, SIGPROF: of alarm(2) and setitimer(2). */
const OF_INTERVAL_TIMERS: readonly number[] = [14, 26, 27];

/** The siginfo_t of each, the first to come first. */
export type SignalQueue = readonly Uint8Array[];

export function isFault(signo: number): boolean {
  return FAULTS.includes(signo);
}

/** SIGCONT takes it back: whether a process is stopped is not up to its points. */
const SIGSTOP = 19;
/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
const STOPPING: readonly number[] = [SIGSTOP, 20, 21, 22];

/** Whether it stops the process, where there is no handler for it. */
export function isStopping(info: Uint8Array): boolean {
  return STOPPING.includes(signoOf(info));
}

export function isStop(info: Uint8Array): boolean {
  return signoOf(info) === SIGSTOP;
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
    const code = codeOf(info);
    return code > 0 || viewOf(info).getInt32(16, true) === ownPid;
  });
}

/**
 * What the program sent itself since: that is undone with all else that it did.
 *
 * @param ownPid as the program knows it
 */
export function findOwn(now: SignalQueue, wanted: SignalQueue, ownPid: number): SignalQueue {
  return findMissing(wanted, now).filter((info) => {
    return SENT.includes(codeOf(info)) && viewOf(info).getInt32(16, true) === ownPid;
  });
}

/** How the signals of one number come to wait as they did. */
export interface QueueChange {
  readonly signo: number;
  /** So many are taken off first, which is all that wait; 0: what is sent goes behind them. */
  readonly takenOff: number;
  readonly sent: SignalQueue;
  /** They come in another order than at the point, or another one in their place. */
  readonly isInexact: boolean;
}

export interface QueueLimits {
  /** Numbers of which none can be taken off. */
  readonly pinned: ReadonlySet<number>;
  /** Numbers of which all are taken off, whatever is wanted. */
  readonly cleared: ReadonlySet<number>;
  /** Those that came since, and are not to come any more. */
  readonly undone: SignalQueue;
}

/**
 * What is to be done so that those of the point wait in their order, and those that came since
 * behind them. Of the standard signals one of each number can wait: that of the point.
 */
export function planQueue(
  now: SignalQueue,
  wanted: SignalQueue,
  limits: QueueLimits,
): QueueChange[] {
  const { cleared, undone } = limits;
  const numbers = new Set([...[...wanted, ...undone].map(signoOf), ...cleared]);
  return [...numbers].flatMap((signo) => {
    const ofNumber = (info: Uint8Array): boolean => signoOf(info) === signo;
    return planNumber(signo, now.filter(ofNumber), wanted.filter(ofNumber), limits) ?? [];
  });
}

/** As `planQueue`, for one number of which all are; undefined: nothing is to be done. */
function planNumber(
  signo: number,
  now: SignalQueue,
  wanted: SignalQueue,
  { pinned, cleared, undone }: QueueLimits,
): QueueChange | undefined {
  const isOne = signo < REALTIME_MIN && wanted.length > 0;
  const later = findMissing(wanted, now).filter((info) => !undone.includes(info));
  const queue = isOne ? wanted : [...wanted, ...later];
  if (now.length + queue.length === 0) return undefined;
  const isInOrder = now.every((info, index) => isEqual(info, queue[index]));
  if (!cleared.has(signo)) {
    if (isInOrder && now.length === queue.length) return undefined;
    if (isInOrder) return { signo, takenOff: 0, sent: queue.slice(now.length), isInexact: false };
    if (pinned.has(signo)) {
      return { signo, takenOff: 0, sent: isOne ? [] : findMissing(now, wanted), isInexact: true };
    }
  }
  return { signo, takenOff: now.length, sent: queue, isInexact: false };
}

/** Those of `queue` that are not in `there`; of two that are equal each counts for itself. */
export function findMissing(there: SignalQueue, queue: SignalQueue): SignalQueue {
  const left = [...there];
  return queue.filter((info) => {
    const index = left.findIndex((other) => isEqual(info, other));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

/**
 * Sent by a timer since: that has not gone off yet, or is not there. Of those of timer_create(2)
 * each is, for the kernel drops it when its timer is set: what waited at the point is sent anew.
 */
export function isOfTimer(info: Uint8Array, wanted: SignalQueue): boolean {
  if (codeOf(info) === SI_TIMER) return true;
  const isOfKernel = codeOf(info) === SI_KERNEL && OF_INTERVAL_TIMERS.includes(signoOf(info));
  return isOfKernel && !hasEqual(wanted, info);
}

/** Whether any thread may send it to its process; else only the first: rt_sigqueueinfo(2). */
export function isSendableByAny(info: Uint8Array): boolean {
  const code = codeOf(info);
  return code < 0 && code !== SI_TKILL;
}

function isEqual(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && Buffer.compare(one, other) === 0;
}

function hasEqual(queue: SignalQueue, info: Uint8Array): boolean {
  return queue.some((other) => Buffer.compare(other, info) === 0);
}

export function isTakingOff({ takenOff }: QueueChange): boolean {
  return takenOff > 0;
}

export function sentOf(changes: readonly QueueChange[]): Uint8Array[] {
  return changes.flatMap(({ sent }) => sent);
}
