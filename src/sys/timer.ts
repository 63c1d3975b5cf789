/**
 * timer_create(2), timer_settime(2) and setitimer(2): what a tracee has us say in them.
 *
 * @see https://man7.org/linux/man-pages/man2/timer_create.2.html
 * @see https://man7.org/linux/man-pages/man2/getitimer.2.html
 */

export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;
const SIGEVENT_SIZE = 64;

/** struct itimerspec, and struct itimerval: interval and time left, each in two words. */
export const TIMER_SETTING_SIZE = 32;
export const TIMER_ABSTIME = 1;
const NS_PER_S = 1_000_000_000n;

export const ITIMER_REAL = 0;
/** ITIMER_REAL, ITIMER_VIRTUAL and ITIMER_PROF, and the signals that they send. */
export const INTERVAL_TIMERS = [
  { which: ITIMER_REAL, name: 'ITIMER_REAL', signo: 14 },
  { which: 1, name: 'ITIMER_VIRTUAL', signo: 26 },
  { which: 2, name: 'ITIMER_PROF', signo: 27 },
] as const;

/** Since Linux 6.15: timer_create(2) gives the id that it finds in its result. */
export const PR_TIMER_CREATE_RESTORE_IDS = 77;
export const PR_TIMER_CREATE_RESTORE_IDS_OFF = 0;
export const PR_TIMER_CREATE_RESTORE_IDS_ON = 1;
export const PR_TIMER_CREATE_RESTORE_IDS_GET = 2;

export interface SignalEvent {
  /** union sigval, as hexadecimal digits. */
  readonly value: string;
  readonly signo: number;
  readonly notify: number;
  readonly tid: number;
}

/** struct sigevent. */
export function encodeSignalEvent({ value, signo, notify, tid }: SignalEvent): Buffer {
  const bytes = Buffer.alloc(SIGEVENT_SIZE);
  bytes.writeBigUInt64LE(BigInt(`0x${value}`), 0);
  bytes.writeInt32LE(signo, 8);
  bytes.writeInt32LE(notify, 12);
  bytes.writeInt32LE(tid, 16);
  return bytes;
}

export interface TimerSetting {
  readonly intervalNs: bigint;
  /** 0: it does not run. */
  readonly leftNs: bigint;
}

/** @param unitNs of the smaller word: 1 in struct itimerspec, 1000 in struct itimerval */
export function decodeTimerSetting(bytes: Uint8Array, unitNs: bigint): TimerSetting {
  const view = Buffer.from(bytes);
  const at = (offset: number): bigint =>
    view.readBigInt64LE(offset) * NS_PER_S + view.readBigInt64LE(offset + 8) * unitNs;
  return { intervalNs: at(0), leftNs: at(16) };
}

/** Of less than a unit one is left: none would stop it. */
export function encodeTimerSetting({ intervalNs, leftNs }: TimerSetting, unitNs: bigint): Buffer {
  const bytes = Buffer.alloc(TIMER_SETTING_SIZE);
  const put = (offset: number, ns: bigint): void => {
    const units = (ns + unitNs - 1n) / unitNs;
    const perSecond = NS_PER_S / unitNs;
    bytes.writeBigInt64LE(units / perSecond, offset);
    bytes.writeBigInt64LE(units % perSecond, offset + 8);
  };
  put(0, intervalNs);
  put(16, leftNs);
  return bytes;
}
