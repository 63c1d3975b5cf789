/**
 * The threads resource: which threads there are. A rollback ends those born since the point, and
 * makes those again that ended: beforehand, for the kernel can refuse it. What each of them does is
 * the matter of thread-states.ts.
 */
import { isRseqWritable, repairRseq } from '../../tracee/rseq.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { Claims } from '../claims.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { Obstacle, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { CrewMember } from './crew-member.ts';
import { holdBereaved } from './bereaved.ts';
import { endThreads } from './end-threads.ts';
import { canChooseTid } from './privilege.ts';
import { remakeThreads } from './remake-threads.ts';
import type { FactsOfThreads } from './thread-facts.ts';

const VERSION = 2;

export type CrewImage = readonly CrewMember[];

export interface CrewPlan {
  readonly newborn: readonly Thread[];
  /** Threads that ended, made again; they have run nothing yet. */
  readonly remade: Map<Thread, CrewMember>;
  /** Children of those that are ended which may be told so. */
  readonly lost: readonly Named[];
}

export class Crew implements Resource<CrewImage, CrewPlan> {
  readonly name = 'threads';
  private readonly facts: FactsOfThreads;
  private readonly ids = new WeakMap<Thread, readonly number[]>();

  constructor(facts: FactsOfThreads) {
    this.facts = facts;
  }

  capture(stopped: Stopped, before: CrewImage | undefined): CrewImage {
    if (before !== undefined && this.isSame(stopped, before)) return before;
    return [...stopped.group.threads.values()].map((thread) => ({
      tid: thread.tid,
      ids: this.idsOf(stopped, thread),
      ...this.facts.factsOf(thread),
    }));
  }

  /** Also chooses the thread that makes the calls of the rollback. */
  prepare(stopped: Stopped, image: CrewImage, claims: Claims): CrewPlan | Obstacle {
    const { threads } = stopped.group;
    const ended = image.filter(({ tid }) => !threads.has(tid));
    if (ended.some(({ tid }) => tid === stopped.pid)) {
      return new Obstacle('its main thread has ended');
    }
    const [first] = ended;
    if (first !== undefined && !canChooseTid(stopped)) {
      const why = 'and its id cannot be chosen without privilege';
      return new Obstacle(`thread ${first.tid} has ended, ${why}`);
    }
    const own = this.findOwnStanding(ended);
    if (own !== undefined) return own;
    const keeper = findKeeper(stopped, image);
    if (keeper === undefined) {
      return new Obstacle('no thread is left that could make calls (is its rseq area unmapped?)');
    }
    stopped.chooseCaller = () => {
      repairRseq(stopped.target, keeper);
      return keeper;
    };
    const known = new Set(image.map(({ tid }) => tid));
    const newborn = [...threads.values()].filter(({ tid }) => !known.has(tid));
    const remade = new Map<Thread, CrewMember>();
    const obstacle = remakeThreads(stopped, ended, claims, remade);
    return obstacle ?? { newborn, remade, lost: holdBereaved(stopped, newborn, claims) };
  }

  apply(stopped: Stopped, plan: CrewPlan): Applied {
    const { newborn, remade, lost } = plan;
    const counts = { threadsEnded: newborn.length, threadsRecreated: remade.size };
    endThreads(stopped, newborn);
    for (const [thread, member] of remade) {
      this.facts.set(thread, member);
      this.facts.remade.set(thread.tid, member);
    }
    // From now on they are the program's: giving back what was claimed does not end them.
    remade.clear();
    if (counts.threadsEnded + counts.threadsRecreated > 0) stopped.renew();
    return { counts, lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: CrewImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): CrewImage {
    return decodeImage(VERSION, bytes) as CrewImage;
  }

  forgetThread(tid: number): void {
    this.facts.forget(tid);
  }

  close(): void {
    // Holds nothing.
  }

  /** One that had more or less than others have would come back with theirs. */
  private findOwnStanding(ended: readonly CrewMember[]): Obstacle | undefined {
    for (const { tid } of ended) {
      const standing = this.facts.lastStandingOf(tid);
      if (standing !== undefined)
        return new Obstacle(`thread ${tid} has ended, and had ${standing}`);
    }
    return undefined;
  }

  private idsOf({ ownIds }: Stopped, thread: Thread): readonly number[] {
    const known = this.ids.get(thread) ?? ownIds.of(thread.tid);
    this.ids.set(thread, known);
    return known;
  }

  private isSame({ group }: Stopped, before: CrewImage): boolean {
    if (before.length !== group.threads.size) return false;
    let index = 0;
    for (const thread of group.threads.values()) {
      const member = before[index];
      const facts = this.facts.factsOf(thread);
      if (member?.tid !== thread.tid || member.clearChildTid !== facts.clearChildTid) return false;
      if (member.alternateStack !== facts.alternateStack) return false;
      if (member.scheduling !== facts.scheduling) return false;
      index += 1;
    }
    return true;
  }
}

/** A thread that lives on both sides of the rollback and can make calls; the leader, if it can. */
function findKeeper({ group, target }: Stopped, image: CrewImage): Thread | undefined {
  const { threads, leader } = group;
  const known = image.flatMap(({ tid }) => threads.get(tid) ?? []);
  const candidates = leader === undefined ? known : [leader, ...known];
  return candidates.find((thread) => thread.isStopped && isRseqWritable(target, thread));
}
