/** Which clocks timers go by, and what those say, seen from outside. */
import type { ListedTimer } from '../../procfs/timers.ts';
import {
  CLOCK_MONOTONIC,
  clockGettime,
  CPUCLOCK_PROF,
  CPUCLOCK_VIRT,
  processClock,
  threadClock,
} from '../../sys/clock.ts';
import { INTERVAL_TIMERS } from '../../sys/timer.ts';
import type { Stopped } from '../stopped.ts';
import type { Moment } from './timers-image.ts';

const OF_WHOEVER_ASKS = -1;
const PER_THREAD = 4;
const KIND = 3;

export function readMoment(clocks: readonly number[]): Moment {
  return {
    monotonicNs: clockGettime(CLOCK_MONOTONIC) ?? 0,
    clocks: clocks.flatMap((clock) => {
      const ns = clockGettime(clock);
      return ns === undefined ? [] : [{ clock, ns }];
    }),
  };
}

/** Of one of the three; undefined: the time of day. */
export function clockOfInterval({ pid }: Stopped, which: number): number | undefined {
  const [real, virtual] = INTERVAL_TIMERS;
  if (which === real.which) return undefined;
  return processClock(pid, which === virtual.which ? CPUCLOCK_VIRT : CPUCLOCK_PROF);
}

/** As we number it; undefined: the time of day, which none of its clocks measures otherwise. */
export function clockOf(stopped: Stopped, timer: ListedTimer): number | undefined {
  const { clock } = timer;
  if (!isOfProcessors(clock)) return undefined;
  if ((clock & PER_THREAD) === 0) return processClock(stopped.pid, clock & KIND);
  return threadClock(threadOf(stopped, timer));
}

/** Whose time it counts. Of the clock of whoever makes the timer the kernel does not tell. */
export function threadOf(stopped: Stopped, timer: ListedTimer): number {
  const id = ~(timer.clock >> 3);
  if (id !== 0) return tidOf(stopped, id);
  return timer.isForThread ? timer.target : stopped.living;
}

/** It counts the time of a thread, and which one is not told. */
export function isOfUnknownThread(
  { group }: Stopped,
  { clock, isForThread }: ListedTimer,
): boolean {
  return (
    clock >> 3 === OF_WHOEVER_ASKS && isOfThread(clock) && !isForThread && group.threads.size > 1
  );
}

/** The clock is that of the thread which made the timer. */
export function isOfItsMaker(clock: number): boolean {
  return clock >> 3 === OF_WHOEVER_ASKS && isOfThread(clock);
}

export function isOfThread(clock: number): boolean {
  return isOfProcessors(clock) && (clock & PER_THREAD) !== 0;
}

/** Those of devices are negative, too (FD_TO_CLOCKID). */
function isOfProcessors(clock: number): boolean {
  return clock < 0 && (clock & KIND) !== KIND;
}

function tidOf({ group, ownIds }: Stopped, ownId: number): number {
  for (const tid of group.threads.keys()) if (ownIds.ownIdOf(tid) === ownId) return tid;
  return ownId;
}
