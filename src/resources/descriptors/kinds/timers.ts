/**
 * Timers of timerfd_create(2). What is left of a span is as it was at the point; a time of day
 * stays (TFD_TIMER_ABSTIME), for the clock goes on: one that has passed since expires at once.
 * Expirations that were not read at the point are there again.
 *
 * All of it is part of the open file: a copy of ours sets it.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { clockGettimeExact } from '../../../sys/clock.ts';
import { useAndClose } from '../../../sys/file.ts';
import { getDescriptor } from '../../../sys/pidfd.ts';
import { timerfdCreate, timerfdSettime, timerfdSetTicks } from '../../../sys/timerfd.ts';
import type { Stopped } from '../../stopped.ts';
import type { DescriptorImage } from '../descriptor-image.ts';
import { makeHolders, type Holders } from '../holders.ts';
import type { AnonymousKind } from './kind.ts';
import {
  clockOf,
  isAbsolute,
  isSameState,
  nextDeadline,
  parseKept,
  parseTold,
  writeKept,
  type TimerState,
} from './timer-state.ts';

const { ECANCELED } = constants.errno;
export const TIMER = 'anon_inode:[timerfd]';

export const timers: AnonymousKind = {
  has: (link) => link === TIMER,
  keep: (told, before) => {
    const known = before === undefined ? undefined : parseKept(before);
    const state = parseTold(told.toString('latin1'), known);
    return before !== undefined && known !== undefined && isSameState(state, known)
      ? before
      : writeKept(state);
  },
  make: ({ content }) => timerfdCreate(parseKept(content).clock),
  settle: () => undefined,
  renew: (stopped, wanted) => {
    const images = new Map(wanted.filter(isTimer).map((image) => [image.description, image]));
    if (images.size === 0) return [];
    const holders = makeHolders(stopped);
    return [...images.values()].flatMap((image) => putBack(stopped, image, holders));
  },
};

function isTimer({ link }: DescriptorImage): boolean {
  return link === TIMER;
}

function putBack(stopped: Stopped, image: DescriptorImage, holders: Holders): string[] {
  const { living } = stopped;
  const wanted = parseKept(image.content);
  const text = readFileSync(`/proc/${living}/fdinfo/${image.fd}`, 'latin1');
  // It may be hung up, or closed.
  if (!text.includes('\nclockid:')) return [];
  const now = parseTold(text, wanted);
  const runs = wanted.deadlineNs !== 0n && !isAbsolute(wanted);
  if (!runs && isSameState(now, wanted)) return [];
  const other = holders.find(image);
  const name = (what: string): string => `timer ${image.fd}: ${what}`;
  if (other !== undefined) {
    if (isSameState(now, wanted)) return [];
    return [name(`process ${other} has it, too: it stays as it was set since`)];
  }
  const lost = useAndClose(getDescriptor(living, image.fd), (own) => set(stopped, own, wanted));
  return (lost ?? ['it cannot be reached']).map(name);
}

/** What is lost. */
function set(stopped: Stopped, own: number, wanted: TimerState): string[] {
  const { flags, ticks, intervalNs } = wanted;
  const lost: string[] = [];
  let valueNs = 0n;
  if (wanted.deadlineNs !== 0n) {
    const clock = clockOf(wanted);
    const pointNs = stopped.pointClocks.get(clock) ?? clockGettimeExact(clock);
    const next = nextDeadline(wanted, pointNs);
    const spanNs = next - pointNs;
    valueNs = isAbsolute(wanted) ? next : spanNs > 0n ? spanNs : 1n;
  } else if (ticks > 0n && intervalNs > 0n) {
    valueNs = intervalNs + (isAbsolute(wanted) ? clockGettimeExact(clockOf(wanted)) : 0n);
    lost.push('when in its interval it expires is not known');
  }
  const result = timerfdSettime(own, flags, valueNs, intervalNs);
  if (result < 0 && result !== -ECANCELED) return ['it stays as it was set since'];
  const isTicked = ticks === 0n || timerfdSetTicks(own, ticks) === 0;
  return isTicked ? lost : [...lost, `${ticks} expirations that were not read are lost`];
}
