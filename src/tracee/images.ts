/**
 * The images of programs' memory: work that is done on them while nobody reports anything, and
 * those of which nothing more is wanted, until their program is stopped for the next time.
 */
import { isAlarmDue } from '../sys/alarm.ts';
import { waitpidAny, waitpidAnyNow } from '../sys/wait.ts';
import type { ThreadGroup } from './thread.ts';

/** Work that can be interrupted between two steps. */
export interface Work {
  /** A step, which takes less than a stop is felt; false: it is done. */
  step(): boolean;
}

/** Calls of the program, begun when first needed: what a RemoteSource gives. */
export type CallSource = () => {
  readonly calls: {
    readonly thread: { readonly tid: number };
    call(nr: number, ...values: readonly number[]): number;
  };
  readonly scratch: { put(bytes: Buffer): number };
};

/** An image, as far as its end goes: memory-image.ts. */
export interface Spent {
  /** Whose memory it is. */
  readonly owner: ThreadGroup;
  /** Nothing more is wanted of it. */
  close(): void;
  /** End it, and reap it by these calls; undefined: the program ends. */
  end(remote: CallSource | undefined): void;
}

export class Images {
  private readonly works = new Set<Work>();
  private readonly spent = new Map<ThreadGroup, Spent[]>();

  begin(work: Work): void {
    this.works.add(work);
  }

  stop(work: Work): void {
    this.works.delete(work);
  }

  /**
   * As waitpidAny(), working meanwhile if `mayWork`: events come first. -1: an alarm has gone off,
   * or some work is done.
   */
  wait(mayWork: boolean): number {
    while (mayWork) {
      const [work] = this.works;
      if (work === undefined) break;
      const tid = waitpidAnyNow();
      if (tid !== undefined) return tid;
      if (isAlarmDue()) return -1;
      if (work.step()) continue;
      this.works.delete(work);
      return -1;
    }
    return waitpidAny();
  }

  /** Nothing more is wanted of it: it is ended when its program is stopped. */
  retire(image: Spent): void {
    image.close();
    const others = this.spent.get(image.owner) ?? [];
    this.spent.set(image.owner, [...others, image]);
  }

  /** Processes with images that are to be ended. */
  get waiting(): Iterable<ThreadGroup> {
    return this.spent.keys();
  }

  hasAnySpent(): boolean {
    return this.spent.size > 0;
  }

  hasSpent(group: ThreadGroup): boolean {
    return this.spent.has(group);
  }

  /** End those of a process which is held still; undefined: which has come to its own end. */
  end(group: ThreadGroup, remote: CallSource | undefined): void {
    const images = this.spent.get(group);
    if (images === undefined) return;
    this.spent.delete(group);
    for (const image of images) image.end(remote);
  }
}
