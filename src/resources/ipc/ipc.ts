/**
 * The resource of semaphores and message queues that are no memory of the program's own: System V's
 * and POSIX's. (POSIX semaphores lie in memory, and go back with it.) With them go the rights to
 * System V's shared memory.
 *
 * The kernel keeps no list of who uses one, but knows who operated, sent or received last: what
 * that says at the point and when the program goes back decides. What the program never operated
 * on is none of its own, and neither touched nor named.
 */
import { statKnownLink } from '../../sys/statx.ts';
import { AskBudget } from '../ask-budget.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { NO_IPC, type IpcImage } from './ipc-image.ts';
import { captureSegments, planSegments, putRightsBack, type RightsPlan } from './ipc-rights.ts';
import { MessageQueues, type QueuePlan } from './message-queues.ts';
import { PosixQueues, type Leading } from './posix-queues.ts';
import { SemaphoreSets, type SetPlan } from './semaphore-sets.ts';

const VERSION = 2;
const ELSEWHERE = 'semaphores and message queues of its own IPC namespace are not looked at';

/** Where the descriptors of the process lead, as they were read last. */
export interface DescriptorSource {
  readonly table: readonly Leading[];
}

interface Plan {
  readonly image: IpcImage;
  readonly sets: readonly SetPlan[];
  readonly queues: readonly QueuePlan[];
  readonly segments: readonly RightsPlan[];
  readonly named: readonly Named[];
}

export class Ipc implements Resource<IpcImage, Plan> {
  readonly name = 'semaphores and message queues';
  private readonly descriptors: DescriptorSource;
  private readonly sets = new SemaphoreSets();
  private readonly queues = new MessageQueues();
  private readonly posixQueues = new PosixQueues();
  private readonly ownNamespace = readNamespace('self');
  /** A rollback looks again. */
  private readonly budget = new AskBudget();
  private wasElsewhere = false;

  constructor(descriptors: DescriptorSource) {
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. */
  capture(stopped: Stopped, before: IpcImage | undefined): IpcImage {
    if (this.budget.isLeft(stopped.isMeant)) {
      const isElsewhere = this.budget.spend(() => this.isElsewhere(stopped));
      this.budget.noteResult(isElsewhere !== this.wasElsewhere);
      this.wasElsewhere = isElsewhere;
    }
    const isElsewhere = this.wasElsewhere;
    const sets = isElsewhere ? NO_IPC.sets : this.sets.capture(stopped);
    const queues = isElsewhere
      ? NO_IPC.queues
      : this.queues.capture(stopped, before?.queues ?? NO_IPC.queues);
    const segments = isElsewhere ? NO_IPC.segments : captureSegments(stopped);
    const posix = this.posixQueues.capture(stopped.living, this.descriptors.table);
    const isNothing = sets.length + queues.length + segments.length + posix.length === 0;
    return isNothing && !isElsewhere ? NO_IPC : { sets, queues, segments, posix, isElsewhere };
  }

  prepare(stopped: Stopped, image: IpcImage): Plan {
    const named: Named[] = this.posixQueues.compare(stopped.living, image.posix);
    const isElsewhere = image.isElsewhere || this.isElsewhere(stopped);
    if (isElsewhere) named.push(nameElsewhere());
    const wanted = isElsewhere ? NO_IPC : image;
    const sets = this.sets.plan(stopped, wanted.sets, named);
    const queues = this.queues.plan(stopped, wanted.queues, named);
    const segments = planSegments(stopped, wanted.segments, named);
    if (!isElsewhere) {
      named.push(...this.sets.findNew(stopped, image.sets));
      named.push(...this.queues.findNew(stopped, image.queues));
    }
    return { image, sets, queues, segments, named };
  }

  apply(stopped: Stopped, { sets, queues, segments, named }: Plan): Applied {
    const lost = [...named];
    this.sets.apply(stopped, sets, lost);
    this.queues.apply(stopped, queues, lost);
    putRightsBack(stopped, segments, lost);
    return { lost };
  }

  losses(image: IpcImage): readonly Named[] {
    const { sets, queues, posix, isElsewhere } = image;
    return [
      ...sets.filter(isLeft).map(({ id, other }) => nameLeft('semaphores', id, other)),
      ...queues.filter(isLeft).map(({ id, other }) => nameLeft('message queue', id, other)),
      ...queues
        .filter(({ isOwn, unsaved }) => isOwn && unsaved !== undefined)
        .map(({ id, unsaved = '' }) => lose(`message queue ${id}: ${unsaved}`)),
      ...this.posixQueues.foretell(posix),
      ...(isElsewhere ? [nameElsewhere()] : []),
    ];
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: IpcImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): IpcImage {
    return decodeImage(VERSION, bytes) as IpcImage;
  }

  close(): void {
    // Holds nothing.
  }

  private isElsewhere({ living }: Stopped): boolean {
    return readNamespace(living) !== this.ownNamespace;
  }
}

/** Its inode; 0: not to be told. */
function readNamespace(tid: number | 'self'): number {
  return statKnownLink(`/proc/${tid}/ns/ipc`)?.ino ?? 0;
}

function isLeft({ isOwn, other }: { readonly isOwn: boolean; readonly other: number }): boolean {
  return isOwn && other !== 0;
}

function nameLeft(what: string, id: number, other: number): Named {
  return lose(`${what} ${id}: process ${other} uses it, too: not put back`);
}

function nameElsewhere(): Named {
  return { ...lose(ELSEWHERE), isGuess: true };
}

function lose(text: string): Named {
  return { bit: LOST.shared, text };
}
