/** The calls by which a stopped program tells us of its timers, and sets them for us. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { BelayError } from '../../errors.ts';
import type { ListedTimer } from '../../procfs/timers.ts';
import {
  decodeTimerSetting,
  encodeSignalEvent,
  encodeTimerSetting,
  INTERVAL_TIMERS,
  PR_TIMER_CREATE_RESTORE_IDS,
  PR_TIMER_CREATE_RESTORE_IDS_GET,
  PR_TIMER_CREATE_RESTORE_IDS_OFF,
  PR_TIMER_CREATE_RESTORE_IDS_ON,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGEV_THREAD,
  SIGEV_THREAD_ID,
  TIMER_ABSTIME,
  TIMER_SETTING_SIZE,
  type TimerSetting,
} from '../../sys/timer.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { Stopped } from '../stopped.ts';
import type { AskedSetting } from './timers-image.ts';

export const NS = 1n;
export const US = 1000n;
const NS_PER_S = 1_000_000_000n;
const NOTIFY = { signal: SIGEV_SIGNAL, none: SIGEV_NONE, thread: SIGEV_THREAD } as const;
const STOPPED: TimerSetting = { intervalNs: 0n, leftNs: 0n };

/** Each of the three, as struct itimerval. */
export function askIntervals({ remote, target }: Stopped): Uint8Array[] {
  const { calls, scratch } = remote();
  return INTERVAL_TIMERS.map(({ which }) => {
    const address = scratch.reserve(TIMER_SETTING_SIZE);
    calls.call(SYS.getitimer, which, address);
    return new Uint8Array(target.read(address, TIMER_SETTING_SIZE));
  });
}

/** Those that are there. */
export function askTimers({ remote, target }: Stopped, listed: readonly ListedTimer[]) {
  const { calls, scratch } = remote();
  return listed.flatMap(({ id }): AskedSetting[] => {
    const address = scratch.reserve(TIMER_SETTING_SIZE);
    if (calls.call(SYS.timer_gettime, id, address) < 0) return [];
    return [{ id, bytes: new Uint8Array(target.read(address, TIMER_SETTING_SIZE)) }];
  });
}

/** Stop the three; as they were. */
export function stopIntervals(stopped: Stopped): readonly TimerSetting[] {
  return stopped.quietly(({ calls, scratch }) => {
    const none = scratch.put(encodeTimerSetting(STOPPED, US));
    return INTERVAL_TIMERS.map(({ which }) => {
      const address = scratch.reserve(TIMER_SETTING_SIZE);
      calls.call(SYS.setitimer, which, none, address);
      return decodeTimerSetting(stopped.target.read(address, TIMER_SETTING_SIZE), US);
    });
  });
}

/** Undefined: the program has no room for a page of ours, and nothing was done. */
export function tryStopIntervals(stopped: Stopped): readonly TimerSetting[] | undefined {
  try {
    return stopIntervals(stopped);
  } catch (error) {
    if (error instanceof BelayError && error.code === 'ENOMEM') return undefined;
    throw error;
  }
}

/** By a call that takes no memory: how much was left, in whole seconds; the interval is lost. */
export function stopAlarm(stopped: Stopped): bigint {
  const seconds = stopped.quietly(({ calls }) => calls.call(SYS.alarm, 0));
  return BigInt(seconds) * NS_PER_S;
}

export function setInterval(remote: RemoteSource, which: number, setting: TimerSetting): void {
  const { calls, scratch } = remote();
  calls.call(SYS.setitimer, which, scratch.put(encodeTimerSetting(setting, US)), 0);
}

/** False when refused: there is no such timer. */
export function setTimer(remote: RemoteSource, id: number, setting = STOPPED): boolean {
  const { calls, scratch } = remote();
  const address = scratch.put(encodeTimerSetting(setting, NS));
  return calls.call(SYS.timer_settime, id, 0, address, 0) === 0;
}

/**
 * Have one that tells nobody be past: after it has been stopped the kernel goes on telling how far
 * it would have had to go.
 */
export function expireTimer(remote: RemoteSource, id: number): void {
  const { calls, scratch } = remote();
  const past = scratch.put(encodeTimerSetting({ intervalNs: 0n, leftNs: 1n }, NS));
  calls.call(SYS.timer_settime, id, TIMER_ABSTIME, past, 0);
}

export function deleteTimer(remote: RemoteSource, id: number): void {
  remote().calls.call(SYS.timer_delete, id);
}

/** Whether ids can be chosen; before Linux 6.15 they are handed out in turn, and none twice. */
export function canChooseId(remote: RemoteSource): boolean {
  const get = PR_TIMER_CREATE_RESTORE_IDS_GET;
  return remote().calls.call(SYS.prctl, PR_TIMER_CREATE_RESTORE_IDS, get, 0, 0, 0) >= 0;
}

/**
 * Make a timer that does not run, with the id that it had. Its id, or minus errno.
 *
 * @param ownTarget whom the signal is for, as the program numbers it
 */
export function makeTimer(remote: RemoteSource, timer: ListedTimer, ownTarget: number): number {
  const { calls, scratch } = remote();
  const { id, value, signo, clock } = timer;
  const choose = (how: number): number =>
    calls.call(SYS.prctl, PR_TIMER_CREATE_RESTORE_IDS, how, 0, 0, 0);
  const forThread = timer.isForThread ? SIGEV_THREAD_ID : 0;
  const notify = NOTIFY[timer.notify] | forThread;
  const event = scratch.put(encodeSignalEvent({ value, signo, notify, tid: ownTarget }));
  const idBytes = Buffer.alloc(4);
  idBytes.writeInt32LE(id);
  const idAddress = scratch.put(idBytes);
  const before = choose(PR_TIMER_CREATE_RESTORE_IDS_GET);
  choose(PR_TIMER_CREATE_RESTORE_IDS_ON);
  try {
    const result = calls.call(SYS.timer_create, clock, event, idAddress);
    return result === 0 ? id : result;
  } finally {
    if (before !== PR_TIMER_CREATE_RESTORE_IDS_ON) choose(PR_TIMER_CREATE_RESTORE_IDS_OFF);
  }
}
