/**
 * Who the program is: users, groups, capabilities, no_new_privs. What it has laid down since, and
 * may take up again by itself, it has again: all of it, in every thread, or nothing. What was
 * dropped for good is, and that is as it should be: it is named; and a program that has become root
 * since does not go on as root in code that was not.
 *
 * The image has the text of /proc/PID/status about it, compared byte by byte at each point. That of
 * the other threads is read as often as it may cost (`AskBudget`), and kept where it is another.
 */
import { readlinkSync } from 'node:fs';
import { isRseqWritable } from '../../tracee/rseq.ts';
import type { Thread } from '../../tracee/thread.ts';
import { AskBudget } from '../ask-budget.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { Obstacle, type Applied, type Named, type Resource } from '../resource.ts';
import type { StatusLines } from '../status-lines.ts';
import type { Stopped } from '../stopped.ts';
import { become } from './become.ts';
import { mayBecome, parseRights, type Rights } from './rights.ts';
import { compareIdentities, isSameIdentity, readIdentity } from '../identity.ts';

const VERSION = 2;

interface ThreadIdentity {
  readonly tid: number;
  readonly lines: Uint8Array;
}

export interface CredentialsImage {
  readonly process: Uint8Array;
  readonly threads: ThreadIdentities;
}

interface ThreadIdentities {
  /** Which threads were looked at, now or at a point before. */
  readonly asked: readonly number[];
  /** Those of them that are somebody else than the process. */
  readonly others: readonly ThreadIdentity[];
}

const NOBODY: ThreadIdentities = { asked: [], others: [] };

/** A thread that is to be again who it was. */
interface Change {
  readonly thread: Thread;
  readonly now: Rights;
  readonly then: Rights;
}

export interface CredentialsPlan {
  readonly image: CredentialsImage;
  readonly changes: readonly Change[];
  /** What stays another. */
  readonly lost: readonly Named[];
}

export class Credentials implements Resource<CredentialsImage, CredentialsPlan> {
  readonly name = 'credentials';
  private readonly status: StatusLines;
  private readonly points = new AskBudget(false, true);
  private readonly falls = new AskBudget(false, true);

  constructor(status: StatusLines) {
    this.status = status;
  }

  capture(stopped: Stopped, before: CredentialsImage | undefined): CredentialsImage {
    const { status } = this;
    const isSame = before !== undefined && status.isSameIdentity(before.process);
    const process = isSame ? before.process : status.copyIdentity();
    const threads = this.captureThreads(stopped, process, before?.threads ?? NOBODY);
    return isSame && threads === before.threads ? before : { process, threads };
  }

  prepare(stopped: Stopped, image: CredentialsImage): CredentialsPlan | Obstacle {
    const lost = this.compare(stopped, image);
    if (lost instanceof Obstacle) return lost;
    const changes = lost.length === 0 ? [] : this.planChanges(stopped, image);
    // Where there is no room for a page of ours, there would be none after the commit either.
    if (changes.length > 0) stopped.remote().scratch.reserve(1);
    return { image, changes, lost };
  }

  /** Before all else, which may take the rights of the point. */
  loosen(stopped: Stopped, { changes }: CredentialsPlan): void {
    for (const { thread, now, then } of changes) {
      stopped.endCalls();
      stopped.withCallsOf(thread, (remote) => {
        become(remote, now, then);
      });
    }
    if (changes.length > 0) stopped.renew();
  }

  apply(stopped: Stopped, { image, changes, lost }: CredentialsPlan): Applied {
    if (changes.length === 0) return { lost };
    const left = this.compare(stopped, image);
    return { lost: left instanceof Obstacle ? lost : left };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: CredentialsImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): CredentialsImage {
    return decodeImage(VERSION, bytes) as CredentialsImage;
  }

  close(): void {
    // The lines are those of the signals, which close them.
  }

  /** What is another than at the point. */
  private compare(stopped: Stopped, image: CredentialsImage): readonly Named[] | Obstacle {
    const isSame = this.status.isSameIdentity(image.process);
    const now = isSame ? image.process : this.status.copyIdentity();
    const changed = isSame ? [] : compareIdentities(image.process, now, 'it has');
    if (changed instanceof Obstacle) return changed;
    const lost = changed.map(({ bit, text }) => ({ bit, text: `its ${text}` }));
    const { asked, others } = image.threads;
    const tids = this.falls.isLeft(true) ? asked : others.map(({ tid }) => tid);
    for (const tid of tids) {
      const changes = this.prepareThread(stopped, tid, image, now);
      if (changes instanceof Obstacle) return changes;
      lost.push(...changes);
    }
    return lost;
  }

  /** Of all threads that are not who they were; none where one of them may not become it. */
  private planChanges({ pid, group, target }: Stopped, image: CredentialsImage): Change[] {
    if (isInOwnUserNamespace(pid)) return [];
    const changes: Change[] = [];
    for (const [tid, thread] of group.threads) {
      const own = image.threads.others.find((each) => each.tid === tid);
      const now = readIdentity(pid, tid);
      const wanted = own?.lines ?? image.process;
      if (now === undefined) return [];
      if (isSameIdentity(now, wanted)) continue;
      const [present, then] = [parseRights(now), parseRights(wanted)];
      if (!mayBecome(present, then) || !isRseqWritable(target, thread)) return [];
      changes.push({ thread, now: present, then });
    }
    return changes;
  }

  /** `before` where they are the same, or cannot be afforded. */
  private captureThreads(
    { pid, group, living }: Stopped,
    process: Uint8Array,
    before: ThreadIdentities,
  ): ThreadIdentities {
    if (group.threads.size === 1) return NOBODY;
    // Also at points of a clock: nothing names what they took over here.
    if (!this.points.isLeft(true)) return before;
    return this.points.spend(() => {
      const asked = [...group.threads.keys()].filter((tid) => tid !== living);
      const others: ThreadIdentity[] = [];
      for (const tid of asked) {
        const lines = readIdentity(pid, tid);
        if (lines !== undefined && !isSameIdentity(lines, process)) others.push({ tid, lines });
      }
      const now = { asked, others };
      return isSame(now, before) ? before : now;
    });
  }

  /** Of one that was made again, see Crew: it has what the one has that made it. */
  private prepareThread(
    { pid, group, living }: Stopped,
    tid: number,
    image: CredentialsImage,
    process: Uint8Array,
  ): readonly Named[] | Obstacle {
    if (tid === living || !group.threads.has(tid)) return [];
    const own = image.threads.others.find((each) => each.tid === tid);
    const then = own?.lines ?? image.process;
    const now = this.falls.spend(() => readIdentity(pid, tid));
    // What all have in common was said of the process.
    if (now === undefined || (own === undefined && isSameIdentity(now, process))) return [];
    const changes = compareIdentities(then, now, `thread ${tid} has`);
    if (changes instanceof Obstacle) return changes;
    return changes.map(({ bit, text }) => ({ bit, text: `thread ${tid}: its ${text}` }));
  }
}

function isSame(one: ThreadIdentities, other: ThreadIdentities): boolean {
  if (one.asked.length !== other.asked.length || one.others.length !== other.others.length) {
    return false;
  }
  if (!one.asked.every((tid, index) => other.asked[index] === tid)) return false;
  return one.others.every(({ tid, lines }, index) => {
    const against = other.others[index];
    return against?.tid === tid && isSameIdentity(lines, against.lines);
  });
}

/** Its numbers are others there than those that are told us. */
function isInOwnUserNamespace(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync('/proc/self/ns/user');
  } catch {
    return true;
  }
}
