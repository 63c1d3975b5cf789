/**
 * The timers resource: alarm(2) and setitimer(2), which a process has three of, and those of
 * timer_create(2). The time that is left on them is as at the point; the clocks go on.
 *
 * Which timers there are /proc tells, but not how they are set, and of the three nothing at all:
 * only the program itself can ask. It is asked as often as it may cost (`AskBudget`), for a program
 * that has had none very seldom. A point without knows what the one before knew, less the time that
 * the clocks show to have gone by, and says so.
 *
 *   loosen   all timers stop, those made since go: none is to go off in what is half done
 *   ...      what they have sent since is taken off (pending signals)
 *   apply    those of the point run on
 */
import { parseTimers, type ListedTimer } from '../../procfs/timers.ts';
import {
  decodeTimerSetting,
  INTERVAL_TIMERS,
  ITIMER_REAL,
  type TimerSetting,
} from '../../sys/timer.ts';
import { ConfinedError } from '../../tracee/confinement.ts';
import type { Thread } from '../../tracee/thread.ts';
import { AskBudget } from '../ask-budget.ts';
import type { Claims } from '../claims.ts';
import { foretellGuess, nameGuess } from '../guess.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { planTimers, type TimersPlan } from './plan-timers.ts';
import { makeAgain } from './remake-timers.ts';
import {
  askIntervals,
  askTimers,
  deleteTimer,
  expireTimer,
  NS,
  setInterval,
  setTimer,
  stopAlarm,
  stopIntervals,
  tryStopIntervals,
  US,
} from './timer-calls.ts';
import { clockOf, clockOfInterval, readMoment } from './timer-clocks.ts';
import { TimerListing } from './timer-listing.ts';
import {
  elapsedOn,
  hasTimers,
  NO_TIMERS,
  NO_TIMERS_KNOWN,
  settingAfter,
  type TimersImage,
} from './timers-image.ts';

const VERSION = 1;
const TIMERS = 'timers';

/** What the program does with signals. */
interface SignalStatus {
  isCaught(signo: number): boolean;
  isIgnored(signo: number): boolean;
}

export class Timers implements Resource<TimersImage, TimersPlan> {
  readonly name = 'timers';
  private readonly status: SignalStatus;
  /** For programs that have timers, and for all others. */
  private readonly asks: AskBudget;
  private readonly looks: AskBudget;
  /** For all three at a rollback, where none has ever been seen to run. */
  private readonly falls = new AskBudget();
  private readonly listing = new TimerListing();
  /** Any of the three has been seen to run. */
  private wasSet = false;
  private askedMs = 0;
  /** Threads that timers may be for: one that is made again is another. */
  private readonly known = new WeakSet<Thread>();

  constructor(status: SignalStatus, asks: AskBudget, looks: AskBudget) {
    this.status = status;
    this.asks = asks;
    this.looks = looks;
  }

  capture(stopped: Stopped, before: TimersImage | undefined): TimersImage {
    const listing = this.listing.read(stopped, before?.listing);
    if (listing.length > 0) this.know(stopped);
    const isUsed = listing.length > 0 || this.wasSet;
    const budget = isUsed ? this.asks : this.looks;
    if (budget.isLeft(stopped.isMeant) || before === undefined) {
      const image = budget.spend(() => this.ask(stopped, listing));
      if (image !== undefined) return image;
    }
    const former = before ?? NO_TIMERS_KNOWN;
    if (listing.length === 0 && !hasTimers(former)) return NO_TIMERS_KNOWN;
    const point = readMoment(former.asked.clocks.map(({ clock }) => clock));
    return { ...former, listing, point, isAsked: false, askedMs: this.askedMs };
  }

  prepare(stopped: Stopped, image: TimersImage, claims: Claims): TimersPlan {
    const now = parseTimers(Buffer.from(this.listing.read(stopped)).toString('latin1'));
    const plan = planTimers(stopped, image, now, this.known);
    for (const timer of plan.missing) {
      const why = makeAgain(stopped, timer, claims, plan.made);
      if (why !== undefined) plan.lost.push(nameLost(timer, why));
    }
    return plan;
  }

  loosen(stopped: Stopped, plan: TimersPlan): void {
    for (const { id } of plan.surplus) deleteTimer(stopped.remote, id);
    const isSeldom = this.isSeldom(plan.image);
    const before = isSeldom
      ? [{ intervalNs: 0n, leftNs: stopAlarm(stopped) }]
      : this.falls.spend(() => tryStopIntervals(stopped));
    const isAnySet = before?.some(({ leftNs }) => leftNs > 0n) === true;
    if (!isSeldom) this.falls.noteResult(isAnySet);
    this.wasSet ||= isAnySet;
    if (before === undefined) plan.alarmNs = stopAlarm(stopped);
    else stopTimers(stopped, plan, before);
    // The mappings are compared with those of the point next, and our page is none of them.
    if (plan.surplus.length + plan.kept.length + plan.replaced.length > 0) stopped.endCalls();
  }

  apply(stopped: Stopped, plan: TimersPlan): Applied {
    const { image, made, kept, lost, alarmNs } = plan;
    this.know(stopped);
    if (alarmNs !== undefined) {
      // What was mapped since has made room by now.
      const [, ...others] = stopIntervals(stopped);
      stopTimers(stopped, plan, [{ intervalNs: 0n, leftNs: alarmNs }, ...others]);
    }
    const there = [...kept, ...made.values()];
    // From now on they are the program's: giving back what was claimed does not delete them.
    made.clear();
    for (const timer of there) {
      const asked = image.settings.find(({ id }) => id === timer.id);
      if (asked === undefined) {
        const how = plan.kept.includes(timer) ? 'runs on as it is' : 'does not run';
        lost.push(nameLost(timer, `it ${how}: how it was set is not known of the point`));
        continue;
      }
      const then = decodeTimerSetting(asked.bytes, NS);
      const setting = settingAfter(then, elapsedOn(image, clockOf(stopped, timer)));
      if (setting.leftNs === 0n) {
        if (timer.notify === 'none') expireTimer(stopped.remote, timer.id);
      } else if (!setTimer(stopped.remote, timer.id, setting))
        lost.push(nameLost(timer, 'it is gone'));
    }
    lost.push(...this.setIntervals(stopped, plan));
    const isGuess = lost.length === 0 && !image.isAsked && (hasTimers(image) || this.wasSet);
    if (isGuess || !this.listing.isTold) lost.push(nameGuess(LOST.timers, TIMERS));
    return { lost };
  }

  losses(image: TimersImage, timeMs: number): readonly Named[] {
    if (image.isAsked || !hasTimers(image)) return [];
    return [foretellGuess(LOST.timers, TIMERS, timeMs - image.askedMs)];
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: TimersImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): TimersImage {
    return decodeImage(VERSION, bytes) as TimersImage;
  }

  close(): void {
    this.listing.close();
  }

  /**
   * None of the three has ever been seen to run, nobody is prepared for the signals of those that
   * go by the time of processors, and rollbacks follow each other so quickly that to ask for all
   * each time would take most of it. One that was set since runs on until the next time they are
   * asked, some ms later.
   */
  private isSeldom({ intervals }: TimersImage): boolean {
    if (this.wasSet || intervals.length > 0 || this.falls.isLeft(true)) return false;
    return !INTERVAL_TIMERS.some(({ which, signo }) => {
      return which !== ITIMER_REAL && this.isPrepared(signo);
    });
  }

  private isPrepared(signo: number): boolean {
    return this.status.isCaught(signo) || this.status.isIgnored(signo);
  }

  private know({ group }: Stopped): void {
    for (const thread of group.threads.values()) this.known.add(thread);
  }

  /** Undefined: it can make no calls for us. */
  private ask(stopped: Stopped, listing: Uint8Array): TimersImage | undefined {
    const listed = parseTimers(Buffer.from(listing).toString('latin1'));
    try {
      const three = askIntervals(stopped);
      const isAnySet = three.some((bytes) => bytes.some((byte) => byte !== 0));
      this.wasSet ||= isAnySet;
      this.askedMs = Date.now();
      if (listed.length === 0 && !isAnySet) return NO_TIMERS;
      const settings = askTimers(stopped, listed);
      const intervals = isAnySet ? three : [];
      const asked = readMoment(clocksOf(stopped, listed, intervals));
      return { listing, intervals, settings, asked, point: asked, isAsked: true, askedMs: 0 };
    } catch (error) {
      if (error instanceof ConfinedError) return undefined;
      throw error;
    }
  }

  /** The three, which are stopped. */
  private setIntervals(stopped: Stopped, { image, before }: TimersPlan): Named[] {
    return INTERVAL_TIMERS.flatMap(({ which, name, signo }): Named[] => {
      const bytes = image.intervals[which];
      const now = before[which];
      if (bytes !== undefined) {
        const then = decodeTimerSetting(bytes, US);
        const elapsed = elapsedOn(image, clockOfInterval(stopped, which));
        const after = settingAfter(then, elapsed);
        const setting = which === ITIMER_REAL ? beginAgain(after) : after;
        const isSet = setting.leftNs > 0n;
        if (isSet || setting.intervalNs > 0n) setInterval(stopped.remote, which, setting);
        if (isSet || image.isAsked) return [];
      }
      if (image.isAsked || now === undefined) return [];
      if (now.leftNs === 0n) {
        // It does not run, but says how it would.
        if (now.intervalNs > 0n) setInterval(stopped.remote, which, now);
        return [];
      }
      return [this.decideUnknown(stopped, which, now, { name, signo })];
    });
  }

  /**
   * It runs, and whether it did at the point is not known. What a program that is prepared for its
   * signal makes of one too many is less than to wait for ever for one that does not come; another
   * one would die of it.
   */
  private decideUnknown(
    stopped: Stopped,
    which: number,
    now: TimerSetting,
    { name, signo }: { readonly name: string; readonly signo: number },
  ): Named {
    this.wasSet = true;
    const isPrepared = this.isPrepared(signo);
    if (isPrepared) setInterval(stopped.remote, which, now);
    const what = isPrepared ? 'it runs on' : 'it is stopped, since its signal would be the end';
    const text = `${name}, which was not asked for at the point, has been set: ${what}`;
    return { bit: LOST.timers, text };
  }
}

function clocksOf(
  stopped: Stopped,
  listed: readonly ListedTimer[],
  intervals: readonly Uint8Array[],
): number[] {
  const ofThree = intervals.length === 0 ? [] : INTERVAL_TIMERS;
  const clocks = [
    ...ofThree.map(({ which }) => clockOfInterval(stopped, which)),
    ...listed.map((timer) => clockOf(stopped, timer)),
  ];
  return [...new Set(clocks.filter((clock) => clock !== undefined))];
}

/**
 * One whose signal waits begins its next interval when that is taken (ITIMER_REAL), and has nothing
 * left until then. It begins now: the signal is another one, that the kernel connects with nothing.
 * The other two begin by themselves, and have nothing left where they are stopped.
 */
function beginAgain({ intervalNs, leftNs }: TimerSetting): TimerSetting {
  return { intervalNs, leftNs: leftNs === 0n ? intervalNs : leftNs };
}

function isKnown({ settings }: TimersImage, timerId: number): boolean {
  return settings.some(({ id }) => id === timerId);
}

function nameLost({ id }: ListedTimer, why: string): Named {
  return { bit: LOST.timers, text: `timer ${id}: ${why}` };
}

function stopTimers(stopped: Stopped, plan: TimersPlan, before: readonly TimerSetting[]): void {
  plan.before = before;
  for (const { id } of plan.kept) if (isKnown(plan.image, id)) setTimer(stopped.remote, id);
  for (const timer of plan.replaced) {
    const why = makeAgain(stopped, timer, undefined, plan.made);
    if (why !== undefined) plan.lost.push(nameLost(timer, why));
  }
}
