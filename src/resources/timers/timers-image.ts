/** The timers of a process as plain data. */
import type { TimerSetting } from '../../sys/timer.ts';

export interface TimersImage {
  /** /proc/PID/timers, at the point. */
  readonly listing: Uint8Array;
  /** Of ITIMER_REAL, ITIMER_VIRTUAL and ITIMER_PROF, when they were asked: struct itimerval. */
  readonly intervals: readonly Uint8Array[];
  /** Of those listed, when they were asked; one that has been made since has none. */
  readonly settings: readonly AskedSetting[];
  /** What clocks said when they were asked, and at the point. */
  readonly asked: Moment;
  readonly point: Moment;
  /** They were asked at the point itself. */
  readonly isAsked: boolean;
  /** When, if that was earlier: milliseconds since the epoch. */
  readonly askedMs: number;
}

export interface AskedSetting {
  readonly id: number;
  /** struct itimerspec. */
  readonly bytes: Uint8Array;
}

/** Clocks that timers go by, as we number them. */
export interface Moment {
  readonly monotonicNs: number;
  readonly clocks: readonly { readonly clock: number; readonly ns: number }[];
}

const NO_TIME: Moment = { monotonicNs: 0, clocks: [] };

/** Nothing runs, and there is no timer: as nearly always. */
export const NO_TIMERS: TimersImage = {
  listing: new Uint8Array(),
  intervals: [],
  settings: [],
  asked: NO_TIME,
  point: NO_TIME,
  isAsked: true,
  askedMs: 0,
};

/** The same, as far as is known. */
export const NO_TIMERS_KNOWN: TimersImage = { ...NO_TIMERS, isAsked: false };

/** Any timer is known of. */
export function hasTimers({ listing, intervals }: TimersImage): boolean {
  return listing.length > 0 || intervals.length > 0;
}

/** How much a clock has gone on between the two moments; undefined: not known. */
export function elapsedOn({ asked, point }: TimersImage, clock: number | undefined): bigint {
  if (asked === point) return 0n;
  if (clock === undefined) return BigInt(Math.round(point.monotonicNs - asked.monotonicNs));
  const then = asked.clocks.find((each) => each.clock === clock)?.ns;
  const now = point.clocks.find((each) => each.clock === clock)?.ns;
  return then === undefined || now === undefined ? 0n : BigInt(Math.round(now - then));
}

/** What is left when so much time has gone by; one that comes again has come again meanwhile. */
export function settingAfter(
  { intervalNs, leftNs }: TimerSetting,
  elapsedNs: bigint,
): TimerSetting {
  if (leftNs === 0n || elapsedNs < leftNs) {
    return { intervalNs, leftNs: leftNs === 0n ? 0n : leftNs - elapsedNs };
  }
  if (intervalNs === 0n) return { intervalNs, leftNs: 0n };
  return { intervalNs, leftNs: intervalNs - ((elapsedNs - leftNs) % intervalNs) };
}
