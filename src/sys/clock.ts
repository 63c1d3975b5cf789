/**
 * clock_gettime(2), of clocks of other processes and threads, too.
 *
 *   a clock of a processor's time: ~id << 3, 4 for a thread's, and what it counts: below
 *
 * @see https://man7.org/linux/man-pages/man2/clock_getres.2.html
 */
import { declare, failed, NativeBuffer, toNumber } from './libc.ts';

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;

/** What is counted: user and system time by ticks, user time alone, or both exactly. */
export const CPUCLOCK_PROF = 0;
export const CPUCLOCK_VIRT = 1;
export const CPUCLOCK_SCHED = 2;
const CPUCLOCK_PERTHREAD = 4;
export const NS_PER_S = 1e9;

const clockGettimeCall = declare('int clock_gettime(int, uint64_t)');
const time = new NativeBuffer(16);

/** `clock_gettime(clock, time)` in nanoseconds; undefined: there is no such clock. */
export function clockGettime(clock: number): number | undefined {
  if (toNumber(clockGettimeCall(clock, time.address)) !== 0) return undefined;
  return time.getUint64(0) * NS_PER_S + time.getUint64(8);
}

/** As `clockGettime`, where a number would not be exact. Throws SyscallError. */
export function clockGettimeExact(clock: number): bigint {
  if (toNumber(clockGettimeCall(clock, time.address)) !== 0) throw failed('clock_gettime');
  return BigInt(time.getUint64(0)) * BigInt(NS_PER_S) + BigInt(time.getUint64(8));
}

/** The clock of a process; of 0: the one that asks. */
export function processClock(pid: number, kind: number): number {
  return (~pid << 3) | kind;
}

/** The clock of a thread; of 0: the one that asks. */
export function threadClock(tid: number): number {
  return (~tid << 3) | CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED;
}
