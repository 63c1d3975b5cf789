/**
 * Who the program is: users, groups, capabilities, no_new_privs. None of it is put back: what was
 * dropped is dropped for good, and that is as it should be. What has changed since the point is
 * named; and a program that has become root since does not go on as root in code that was not.
 *
 * The image has the text of /proc/PID/status about it, compared byte by byte at each point. That of
 * the other threads is read as often as it may cost (`AskBudget`), and kept where it is another.
 */
import { AskBudget } from '../ask-budget.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { Obstacle, type Applied, type Named, type Resource } from '../resource.ts';
import type { StatusLines } from '../status-lines.ts';
import type { Stopped } from '../stopped.ts';
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

export class Credentials implements Resource<CredentialsImage, readonly Named[]> {
  readonly name = 'credentials';
  private readonly status: StatusLines;
  private readonly points = new AskBudget();
  private readonly falls = new AskBudget();

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

  prepare(stopped: Stopped, image: CredentialsImage): readonly Named[] | Obstacle {
    const isSame = this.status.isSameIdentity(image.process);
    const now = isSame ? image.process : this.status.copyIdentity();
    const changed = isSame ? [] : compareIdentities(image.process, now, 'it has');
    if (changed instanceof Obstacle) return changed;
    const lost = changed.map(({ bit, text }) => ({ bit, text: `its ${text}` }));
    const { asked, others } = image.threads;
    const tids = this.falls.isLeft(false) ? asked : others.map(({ tid }) => tid);
    for (const tid of tids) {
      const changes = this.prepareThread(stopped, tid, image, now);
      if (changes instanceof Obstacle) return changes;
      lost.push(...changes);
    }
    return lost;
  }

  apply(_stopped: Stopped, lost: readonly Named[]): Applied {
    return { lost };
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

  /** `before` where they are the same, or cannot be afforded. */
  private captureThreads(
    { pid, group, living }: Stopped,
    process: Uint8Array,
    before: ThreadIdentities,
  ): ThreadIdentities {
    if (group.threads.size === 1) return NOBODY;
    if (!this.points.isLeft(false)) return before;
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
