/** Compares the timers that there are with those of a point. */
import { isSameTimer, parseTimers, type ListedTimer } from '../../procfs/timers.ts';
import type { TimerSetting } from '../../sys/timer.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { isOfThread, threadOf } from './timer-clocks.ts';
import type { TimersImage } from './timers-image.ts';

export interface TimersPlan {
  readonly image: TimersImage;
  /** There at the point, and now. */
  readonly kept: readonly ListedTimer[];
  /** Made since, or in the place of one of the point. */
  readonly surplus: readonly ListedTimer[];
  /** Deleted since. */
  readonly missing: readonly ListedTimer[];
  /** Whose ids others have now, or whose threads have ended and were made again. */
  readonly replaced: readonly ListedTimer[];
  /** Those that were made again, by their ids. */
  readonly made: Map<number, ListedTimer>;
  readonly lost: Named[];
  /** What the three were set to, before they were stopped. */
  before: readonly TimerSetting[];
  /** What was left of the alarm, where that alone could be stopped at first. */
  alarmNs: bigint | undefined;
}

/** @param known threads that were there when timers were looked at: others were made again */
export function planTimers(
  stopped: Stopped,
  image: TimersImage,
  now: readonly ListedTimer[],
  known: WeakSet<Thread>,
): TimersPlan {
  const then = parseTimers(Buffer.from(image.listing).toString('latin1'));
  const inPlaceOf = new Map(now.map((timer) => [timer.id, timer]));
  const isKept = (timer: ListedTimer): boolean => {
    const other = inPlaceOf.get(timer.id);
    return other !== undefined && isSameTimer(timer, other) && !isOrphan(stopped, timer, known);
  };
  const kept = then.filter(isKept);
  const keptIds = new Set(kept.map(({ id }) => id));
  const rest = then.filter(({ id }) => !keptIds.has(id));
  return {
    image,
    kept,
    surplus: now.filter(({ id }) => !keptIds.has(id)),
    missing: rest.filter(({ id }) => !inPlaceOf.has(id)),
    replaced: rest.filter(({ id }) => inPlaceOf.has(id)),
    made: new Map(),
    lost: [],
    before: [],
    alarmNs: undefined,
  };
}

/** It belongs to a thread that has ended, although there is one of that id again. */
function isOrphan(stopped: Stopped, timer: ListedTimer, known: WeakSet<Thread>): boolean {
  const isAnother = (tid: number): boolean => {
    const thread = stopped.group.threads.get(tid);
    return thread !== undefined && !known.has(thread);
  };
  if (timer.isForThread && isAnother(timer.target)) return true;
  return isOfThread(timer.clock) && isAnother(threadOf(stopped, timer));
}
