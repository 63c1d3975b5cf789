/**
 * What a timerfd is set to, as is kept of it: not how long it has to go, which is another at each
 * look, but when it expires. What is kept is the same for as long as nobody sets the timer, and a
 * periodic one goes on in step.
 *
 * When that is comes out late, by the time between the kernel's look and ours. So two are taken for
 * one where they are close.
 *
 * Source: proc_pid_fdinfo(5); fs/timerfd.c, timerfd_show; kernel/time/hrtimer.c, __hrtimer_setup.
 */
import {
  clockGettimeExact,
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  NS_PER_S,
} from '../../../sys/clock.ts';
import { TFD_TIMER_ABSTIME } from '../../../sys/timerfd.ts';

export interface TimerState {
  readonly clock: number;
  /** Expirations that were not read. */
  readonly ticks: bigint;
  /** As it was set. */
  readonly flags: number;
  /** One of the times at which it expires, by `clockOf`; 0: never, or not known. */
  readonly deadlineNs: bigint;
  readonly intervalNs: bigint;
}

/** Chosen: longer than a look takes; much less than programs can count on. */
const CLOSE_NS = 100_000n;

/** What fdinfo tells. @param known as it was looked at last */
export function parseTold(text: string, known: TimerState | undefined): TimerState {
  const [clock, ticks, flags] = ['clockid', 'ticks', 'settime flags'].map(
    (name) => new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? '0',
  ) as [string, string, string];
  const intervalNs = parseTime(text, 'it_interval');
  const valueNs = parseTime(text, 'it_value');
  const set = { clock: Number(clock), flags: Number.parseInt(flags, 8), intervalNs };
  const deadlineNs = valueNs === 0n ? 0n : clockGettimeExact(clockOf(set)) + valueNs;
  const told = { ...set, ticks: BigInt(ticks), deadlineNs };
  // It is not told of one that has expired, but is in step with what was known before.
  const isStep = deadlineNs === 0n && told.ticks > 0n && intervalNs > 0n;
  if (!isStep || known === undefined || !isSetAlike(told, known)) return told;
  return { ...told, deadlineNs: known.deadlineNs };
}

/** @param told as it is now @param known of some time before */
export function isSameState(told: TimerState, known: TimerState): boolean {
  if (!isSetAlike(told, known) || told.ticks !== known.ticks) return false;
  if (told.deadlineNs === 0n || known.deadlineNs === 0n) {
    return told.deadlineNs === known.deadlineNs;
  }
  const { intervalNs } = told;
  const apart = told.deadlineNs - known.deadlineNs;
  if (apart > -CLOSE_NS && apart < CLOSE_NS) return true;
  // Later by whole intervals: only if it has expired meanwhile. The first may be longer than those.
  if (intervalNs === 0n || apart < 0n) return false;
  if (known.deadlineNs > clockGettimeExact(clockOf(known))) return false;
  const rest = apart % intervalNs;
  return rest < CLOSE_NS || intervalNs - rest < CLOSE_NS;
}

/** When it expires next after `nowNs`. */
export function nextDeadline({ deadlineNs, intervalNs }: TimerState, nowNs: bigint): bigint {
  if (intervalNs === 0n || deadlineNs > nowNs) return deadlineNs;
  return deadlineNs + ((nowNs - deadlineNs) / intervalNs + 1n) * intervalNs;
}

export function isAbsolute({ flags }: Pick<TimerState, 'flags'>): boolean {
  return (flags & TFD_TIMER_ABSTIME) !== 0;
}

/** By which clock it runs: spans of the wall clock are not those of somebody who sets it. */
export function clockOf(state: Pick<TimerState, 'clock' | 'flags'>): number {
  const { clock } = state;
  if (clock === CLOCK_REALTIME && !isAbsolute(state)) return CLOCK_MONOTONIC;
  if (clock === CLOCK_REALTIME_ALARM) return CLOCK_REALTIME;
  return clock === CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : clock;
}

/** As it is kept, and read again by `parseKept`. */
export function writeKept({ clock, ticks, flags, deadlineNs, intervalNs }: TimerState): Uint8Array {
  const text = `${[clock, ticks, flags, deadlineNs, intervalNs].join(' ')}\n`;
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function parseKept(content: Uint8Array | undefined): TimerState {
  const words = Buffer.from(content ?? [])
    .toString('latin1')
    .split(/\s/);
  const [clock = '', ticks = '', flags = '', deadline = '', interval = ''] = words;
  return {
    clock: Number(clock),
    ticks: BigInt(ticks),
    flags: Number(flags),
    deadlineNs: BigInt(deadline),
    intervalNs: BigInt(interval),
  };
}

function isSetAlike(one: TimerState, other: TimerState): boolean {
  return (
    one.clock === other.clock && one.flags === other.flags && one.intervalNs === other.intervalNs
  );
}

function parseTime(text: string, name: string): bigint {
  const found = new RegExp(`^${name}: \\((\\d+), (\\d+)\\)$`, 'm').exec(text);
  return BigInt(found?.[1] ?? 0) * BigInt(NS_PER_S) + BigInt(found?.[2] ?? 0);
}
