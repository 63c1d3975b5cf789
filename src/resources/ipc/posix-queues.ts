/**
 * POSIX message queues, mq_overview(7): what is in one can only be received, which is no look. So
 * it is left, and named. O_NONBLOCK is a flag of the descriptor, and goes back with it.
 */
import { isQueue, readQueueText } from '../../sys/mqueue.ts';
import { LOST, type Named } from '../resource.ts';
import type { PosixQueueImage } from './ipc-image.ts';

/** What is to be known of a descriptor. */
export interface Leading {
  readonly fd: number;
  readonly kind: string;
  readonly link: string;
}

const NO_QUEUES: readonly PosixQueueImage[] = [];
const NO_LINKS: readonly Leading[] = [];
const EMPTY = 'QSIZE:0 ';
const LEFT = 'what is in it stays, for it can only be received';

export class PosixQueues {
  private table: readonly Leading[] | undefined = undefined;
  private found: readonly Leading[] = NO_LINKS;
  private readonly known = new WeakMap<Leading, boolean>();

  capture(tid: number, table: readonly Leading[]): readonly PosixQueueImage[] {
    if (table !== this.table) {
      this.found = table.filter((each) => this.isQueue(tid, each));
      this.table = table;
    }
    if (this.found.length === 0) return NO_QUEUES;
    return this.found.map(({ fd, link }) => {
      return { fd, name: link, status: readQueueText(`/proc/${tid}/fd/${fd}`) };
    });
  }

  /** What has surely changed, or may have: as many bytes may be others. */
  compare(tid: number, wanted: readonly PosixQueueImage[]): Named[] {
    return wanted.flatMap(({ fd, name, status }): Named[] => {
      const now = readQueueText(`/proc/${tid}/fd/${fd}`);
      const text = `message queue ${name} (descriptor ${fd}): ${LEFT}`;
      const named = { bit: LOST.shared, text };
      if (now !== status) return [named];
      return now.startsWith(EMPTY) ? [] : [{ ...named, isGuess: true }];
    });
  }

  foretell(image: readonly PosixQueueImage[]): Named[] {
    return image.map(({ fd, name }) => {
      const text = `message queue ${name} (descriptor ${fd}): ${LEFT}`;
      return { bit: LOST.shared, text };
    });
  }

  /** Its name has no directory before it, as seldom any other. */
  private isQueue(tid: number, descriptor: Leading): boolean {
    const { fd, kind, link } = descriptor;
    if (kind !== 'path' || link.lastIndexOf('/') !== 0) return false;
    const known = this.known.get(descriptor) ?? isQueue(`/proc/${tid}/fd/${fd}`);
    this.known.set(descriptor, known);
    return known;
  }
}
