/**
 * How each thread that lives is to be run, and is again after a rollback.
 *
 * All of it is seen from outside, but with some calls for each thread: too many for each point. So
 * it is looked at as often as it may cost (`AskBudget`). A point without has what was seen before.
 * Programs hardly ever change it: only what is found to be another at a rollback is named then.
 */
import type { AskBudget } from '../ask-budget.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import {
  isSameScheduling,
  readScheduling,
  slackPath,
  writeScheduling,
  type Scheduling,
} from './scheduling.ts';
import type { FactsOfThreads } from './thread-facts.ts';
import { ThreadFiles } from '../../tracee/thread-files.ts';

const VERSION = 1;

interface ThreadScheduling {
  readonly tid: number;
  readonly scheduling: Scheduling;
}

export interface SchedulingImage {
  readonly threads: readonly ThreadScheduling[];
  /** It was looked at at the point itself. */
  readonly isAsked: boolean;
}

export class SchedulingOfThreads implements Resource<SchedulingImage, SchedulingImage> {
  readonly name = 'scheduling of threads';
  private readonly facts: FactsOfThreads;
  private readonly budget: AskBudget;
  private readonly slacks = new ThreadFiles(slackPath);

  constructor(facts: FactsOfThreads, budget: AskBudget) {
    this.facts = facts;
    this.budget = budget;
  }

  /** The same object for as long as nothing changes, or is looked at. */
  capture(stopped: Stopped, before: SchedulingImage | undefined): SchedulingImage {
    const { budget } = this;
    if (before !== undefined && !budget.isLeft(stopped.isMeant)) {
      return before.isAsked ? { ...before, isAsked: false } : before;
    }
    const threads = budget.spend(() => this.readAll(stopped));
    const isSame =
      before?.threads.length === threads.length &&
      threads.every(({ tid, scheduling }, index) => {
        const former = before.threads[index];
        return former?.tid === tid && isSameScheduling(former.scheduling, scheduling);
      });
    if (!isSame) return { threads, isAsked: true };
    return before.isAsked ? before : { ...before, isAsked: true };
  }

  /** What is refused is named: most of it takes no privilege to take back. */
  prepare(_stopped: Stopped, image: SchedulingImage): SchedulingImage {
    const { threads, isAsked } = image;
    const known = isAsked ? threads : [];
    this.facts.atPoint = new Map(known.map(({ tid, scheduling }) => [tid, scheduling]));
    return image;
  }

  /** Those that were made again are given theirs when they are put back. */
  apply({ group }: Stopped, { threads, isAsked }: SchedulingImage): Applied {
    const lost = threads.flatMap(({ tid, scheduling }): string[] => {
      if (!group.threads.has(tid) || this.facts.remade.has(tid)) return [];
      const now = readScheduling(tid, this.slacks);
      if (now === undefined || isSameScheduling(now, scheduling)) return [];
      const refused = writeScheduling(tid, scheduling).map(
        (what) => `${what} of thread ${tid} stay`,
      );
      const isUnsure = !isAsked && refused.length === 0;
      const text = `thread ${tid} is scheduled as it was some time before the point`;
      return isUnsure ? [`${text}: not looked at then`] : refused;
    });
    return { lost: lost.map((text): Named => ({ bit: LOST.threads, text })) };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: SchedulingImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): SchedulingImage {
    return decodeImage(VERSION, bytes) as SchedulingImage;
  }

  forgetThread(tid: number): void {
    this.slacks.forget(tid);
  }

  close(): void {
    this.slacks.close();
  }

  private readAll({ group }: Stopped): ThreadScheduling[] {
    return [...group.threads.keys()].flatMap((tid) => {
      const scheduling = readScheduling(tid, this.slacks);
      return scheduling === undefined ? [] : [{ tid, scheduling }];
    });
  }
}
