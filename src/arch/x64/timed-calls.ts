/**
 * System calls that wait for a limited time, and answer EINTR after every stop or are gone on with
 * as restart_syscall: how long they were told to wait, and what they answer when the time is up.
 */

const EAGAIN = -11;
const ETIME = -62;
const ETIMEDOUT = -110;
const EINPROGRESS = -115;

export interface TimedCall {
  /**
   * Where the limit is: milliseconds in a register, a struct timespec or timeval, the former if the
   * operation of futex(2) takes a span or clock_nanosleep(2) is told one, an option of the socket
   * (or of the end of splice(2) that is one), or what io_uring_enter(2) is given besides (struct
   * io_uring_getevents_arg).
   */
  readonly limit:
    | 'futex'
    | 'milliseconds'
    | 'sleep'
    | 'timespec'
    | 'timeval'
    | 'receive-option'
    | 'send-option'
    | 'splice-options'
    | 'ring-argument';
  /** The argument with the milliseconds, the limit's address, or the socket. */
  readonly argument: number;
  /** The answer when the time is up. */
  readonly answer: number;
  /** Sets of descriptors that are empty then, as select(2) has them. */
  readonly emptiesSets?: boolean;
  /** The argument with the address where the time that is left goes when a handler runs. */
  readonly remainder?: number;
  /** Broken off, it has the time that is left written to where the limit is. */
  readonly isNoted?: boolean;
}

const epoll: TimedCall = { limit: 'milliseconds', argument: 3, answer: 0 };
const receive: TimedCall = { limit: 'receive-option', argument: 0, answer: EAGAIN };
const send: TimedCall = { limit: 'send-option', argument: 0, answer: EAGAIN };
const events: TimedCall = { limit: 'timespec', argument: 4, answer: 0 };

/** By call number; calls that are not listed wait without a limit. */
export const TIMED_CALLS: ReadonlyMap<number, TimedCall> = new Map<number, TimedCall>([
  [0, receive],
  [1, send],
  [7, { limit: 'milliseconds', argument: 2, answer: 0 }],
  [19, receive],
  [20, send],
  [23, { limit: 'timeval', argument: 4, answer: 0, emptiesSets: true, isNoted: true }],
  [35, { limit: 'timespec', argument: 0, answer: 0, remainder: 1 }],
  [40, send],
  [42, { ...send, answer: EINPROGRESS }],
  [43, receive],
  [44, send],
  [45, receive],
  [46, send],
  [47, receive],
  [128, { limit: 'timespec', argument: 2, answer: EAGAIN }],
  [202, { limit: 'futex', argument: 3, answer: ETIMEDOUT }],
  [208, events],
  [220, { limit: 'timespec', argument: 3, answer: EAGAIN }],
  [230, { limit: 'sleep', argument: 2, answer: 0, remainder: 3 }],
  [232, epoll],
  [270, { limit: 'timespec', argument: 4, answer: 0, emptiesSets: true, isNoted: true }],
  [271, { limit: 'timespec', argument: 2, answer: 0, isNoted: true }],
  [275, { limit: 'splice-options', argument: 0, answer: EAGAIN }],
  [281, epoll],
  [288, receive],
  [299, receive],
  [307, send],
  [327, receive],
  [328, send],
  [333, events],
  [426, { limit: 'ring-argument', argument: 4, answer: ETIME }],
  [441, { limit: 'timespec', argument: 3, answer: 0 }],
]);

/** Where splice(2) has the descriptor that it writes to. */
export const SPLICE_TARGET_ARGUMENT = 2;

const FUTEX_WAIT = 0;
const FUTEX_COMMAND_MASK = 0x7f;

/** Whether an operation of futex(2) has a span as its limit, rather than a moment. */
export function hasFutexSpan(operation: number): boolean {
  return (operation & FUTEX_COMMAND_MASK) === FUTEX_WAIT;
}

const TIMER_ABSTIME = 1;
/** CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, both that wake the machine, CLOCK_TAI. */
const STEADY_CLOCKS: ReadonlySet<number> = new Set([0, 1, 7, 8, 9, 11]);

/** Whether clock_nanosleep is told a span, and of a clock that goes on by itself. */
export function hasSleepSpan(clock: number, flags: number): boolean {
  return (flags & TIMER_ABSTIME) === 0 && STEADY_CLOCKS.has(clock);
}

/** Bits of io_uring_enter's flags. */
const IORING_ENTER_EXT_ARG = 8;
const IORING_ENTER_ABS_TIMER = 32;
const IORING_ENTER_EXT_ARG_REG = 64;
/** Where struct io_uring_getevents_arg has the address of its timespec. */
export const RING_LIMIT_OFFSET = 16;

/** Whether the flags of io_uring_enter say that its limit is a span in memory. */
export function hasRingLimit(flags: number): boolean {
  const isSpan = (flags & (IORING_ENTER_ABS_TIMER | IORING_ENTER_EXT_ARG_REG)) === 0;
  return isSpan && (flags & IORING_ENTER_EXT_ARG) !== 0;
}
