/** Where one life of the target is lived: its points, who looks on, and how it is looked at. */
import { type Snapshot, type Thread, readMemoryAt, readThreads, takeSnapshot } from './checker.ts';
import {
  type Difference,
  type Exemptions,
  type Range,
  compareSnapshots,
  formatDifferences,
  processorNotes,
  sameCall,
} from './compare.ts';
import { Dialogue } from './dialogue.ts';
import { judge } from './excuses.ts';
import { LOST_MAPPINGS, LOST_OFFSET, type LivePoint, WHY_SIZE, describePoint } from './landing.ts';
import { LifeFailure } from './life-failure.ts';
import type { Tally } from './tally.ts';
import type { TargetProcess } from './target-process.ts';
import type { Traits } from './traits.ts';
import { Witness } from './witness.ts';
import type { Hello, Point } from './wire.ts';

/** Of a storm's children: by default ignored, but whoever is traced sees it wait. */
const SIGCHLD = 1n << 16n;
const ALL_SIGNALS = (1n << 64n) - 1n;

/** Where struct rseq points to the section that the thread is in: 0, as none of them is in one. */
const RSEQ_CS_OFFSET = 8;

/** All bits of struct tjmp's `lost`. */
const ANYTHING = 0x7fff_ffff;
/** Of the text in which it reports what it alone can ask. */
const REPORT_SIZE = 32_768;

export type Stands = (thread: Thread, all: Thread[]) => boolean;

export class Stage {
  readonly traits: Traits;
  readonly target: TargetProcess;
  readonly dialogue: Dialogue;
  /** The live points of its own making, the newest last. */
  readonly points: LivePoint[] = [];
  /** Since when it has stood where it stands now: ms since 1970. */
  standsSince = 0;
  falls = 0;
  witness: Witness | undefined;
  /** What looks at the kernel's state; undefined: that is not looked at. */
  readonly #looker: string | undefined;
  readonly #tally: Tally;
  #hello: Hello | undefined;

  constructor(target: TargetProcess, traits: Traits, tally: Tally, looker?: string) {
    this.target = target;
    this.#looker = traits.calls ? looker : undefined;
    this.traits = traits;
    this.dialogue = new Dialogue(target);
    this.#tally = tally;
  }

  get greeting(): Hello {
    if (this.#hello === undefined) throw new LifeFailure('the target never said hello');
    return this.#hello;
  }

  get newest(): LivePoint {
    const newest = this.points.at(-1);
    if (newest === undefined) throw new LifeFailure('no point to fall on');
    return newest;
  }

  async begin(): Promise<void> {
    this.#hello = await this.dialogue.await('hello');
    if (this.#hello.pid !== this.target.pid)
      throw new LifeFailure(`its pid is ${this.#hello.pid}, not ${this.target.pid}`);
    if (!this.traits.watched) return;
    this.witness = await Witness.of(this.target.pid, (text) => {
      this.dialogue.story.push(`  (belay: ${text})`);
    });
  }

  /** What came of something: for the story, and to be counted. */
  tell(outcome: string, reason?: string): void {
    this.dialogue.story.push(`  ${outcome}${reason === undefined ? '' : `: ${reason}`}`);
    this.#tally.count(outcome, reason);
  }

  /** The target says that it is on `point`: what is newer is gone. */
  isBackOn(point: Point, rollbacks: number): void {
    this.dialogue.story.push(`  back with ${describePoint(point)}`);
    const back = this.points.find((live) => live.cd === point.cd);
    if (back === undefined) throw new LifeFailure(`returned to ${point.cd}, which is not live`);
    back.rollbacks += rollbacks;
    if (point.rollbacks !== back.rollbacks)
      throw new LifeFailure(`rollbacks is ${point.rollbacks}, not ${back.rollbacks}`);
    back.said = point;
    this.points.length = this.points.indexOf(back) + 1;
    this.dialogue.parked = back.parked;
  }

  isParked(thread: Thread): boolean {
    if (this.target.stops) return true;
    if (thread.tid === this.target.pid) return thread.call.startsWith('0 0x0 ');
    const parked = this.dialogue.parked.find((record) => record.tid === thread.tid);
    if (parked === undefined || parked.number === -1) return true;
    return thread.call.startsWith(`${parked.number} `) || thread.call.startsWith('219 ');
  }

  /** Before its fall: workers have ended since, it may be, and it waits to be told. */
  isStill(thread: Thread): boolean {
    const isStorm = this.dialogue.storms.some(({ tid }) => tid === thread.tid);
    return (thread.tid !== this.target.pid && !isStorm) || this.isParked(thread);
  }

  /** Without a word, as on a point of the clock's: it has fallen, and waits for a command. */
  standsAgain(since: number): boolean {
    if (this.traits.every === 0) return false;
    if (this.witness?.falls.some(({ time }) => time >= since) !== true) return false;
    try {
      const leader = readThreads(this.target.pid).find(({ tid }) => tid === this.target.pid);
      return leader?.call.startsWith('0 0x0 ') === true;
    } catch {
      // It has ended, and whoever waits for its words tells how.
      return false;
    }
  }

  /**
   * Whether the rseq area of a thread was destroyed while it waits: the kernel ends the process as
   * soon as that thread is stopped, or comes back from its call.
   */
  isDoomed({ mappings }: Snapshot): boolean {
    const { pid } = this.target;
    return this.dialogue.parked.some(({ rseq }) => {
      if (rseq === 0) return false;
      const mapping = mappings.find(({ start, end }) => start <= rseq && rseq < end);
      if (mapping?.permissions.startsWith('rw') !== true) return true;
      return readMemoryAt(pid, rseq + RSEQ_CS_OFFSET, 8).some((byte) => byte !== 0);
    });
  }

  /** All of it, when it stands still as wanted; undefined when it never does. */
  async look(isThere: Stands): Promise<Snapshot | undefined> {
    const { pid } = this.target;
    const snapshot =
      this.traits.every === 0
        ? (await this.target.standstill(isThere)) && this.#take(pid)
        : await this.witness?.whileHeld(
            () => this.target.stands(isThere),
            () => this.#take(pid),
          );
    this.standsSince = Date.now();
    return snapshot === false ? undefined : snapshot;
  }

  #take(pid: number): Snapshot {
    const program = this.#looker;
    if (program === undefined) return takeSnapshot(pid, this.traits.attributes);
    const report = readMemoryAt(pid, this.greeting.report, REPORT_SIZE).toString('latin1');
    const looker = { program, report: report.replace(/\0.*/s, '') };
    return takeSnapshot(pid, this.traits.attributes, looker);
  }

  /** @throws LifeFailure where it is not as it was at the point */
  async compare({ cd, snapshot, parked }: LivePoint): Promise<void> {
    this.dialogue.parked = parked;
    await this.compareWith(snapshot, `after the rollback to ${cd}`, { isBack: true });
  }

  /** @throws LifeFailure where it is not as it was; `own` is exempt, too */
  async compareWith(
    before: Snapshot,
    when: string,
    own: { range?: Range; elsewhere?: readonly number[]; isBack?: boolean },
  ): Promise<void> {
    const elsewhere = [...(own.elsewhere ?? []), ...this.#blown];
    const isBack: Stands = (thread, all) => {
      const was = before.threads.find((other) => other.tid === thread.tid);
      if (was === undefined || all.length !== before.threads.length) return false;
      if (elsewhere.includes(was.tid)) return this.isParked(thread);
      return was.call === 'running' || sameCall(was.call, thread.call);
    };
    const after = (await this.look(isBack)) ?? this.#take(this.target.pid);
    const exemptions = { ...this.#exemptions(own.range), elsewhere };
    const found = compareSnapshots(before, after, exemptions);
    const differences = own.isBack === true ? this.#withoutExcused(found) : found;
    if (await this.#isNamed(differences)) this.tell('named', 'attributes of mappings');
    else if (differences.length > 0)
      throw new LifeFailure(`${when}: ${formatDifferences(differences)}`);
  }

  /** Threads that were stopped in the middle of a storm, wherever that was. */
  get #blown(): number[] {
    return this.target.stops ? this.dialogue.storms.map(({ tid }) => tid) : [];
  }

  /** What is known not to come back, or named, is counted. */
  #withoutExcused(found: Difference[]): Difference[] {
    if (this.#looker === undefined) return found;
    const { excused, left } = judge(found, this.#lost());
    for (const { difference, outcome } of excused)
      this.tell(outcome, `${difference.what ?? ''}; ${difference.text}`);
    return [...left];
  }

  /**
   * What the point says did not come back: the bits of struct tjmp. A point of the clock's says
   * nothing; whatever the log names may be it then.
   */
  #lost(): number {
    const named = this.witness?.falls.some(({ warnings }) => warnings.length > 0) === true;
    if (this.traits.every > 0 && named) return ANYTHING;
    const lost = readMemoryAt(this.target.pid, this.greeting.why + LOST_OFFSET, 8);
    return Number(lost.readBigUInt64LE());
  }

  /** Attributes may come back another way where the point says so; or the log, of the clock's. */
  async #isNamed(differences: Difference[]): Promise<boolean> {
    if (differences.length === 0 || differences.some(({ kind }) => kind !== 'attribute'))
      return false;
    if ((this.#lost() & LOST_MAPPINGS) !== 0) return true;
    return (await this.witness?.namedMappings()) === true;
  }

  #exemptions(own: Range | undefined): Exemptions {
    const { why, frame, rseq, report } = this.greeting;
    const processor = processorNotes([rseq, ...this.dialogue.parked.map((parked) => parked.rseq)]);
    const ranges = [{ start: why, end: why + WHY_SIZE }, ...processor, ...this.dialogue.storms];
    if (report !== 0) ranges.push({ start: report, end: report + REPORT_SIZE });
    // With all else that the kernel knows, those that wait are compared there.
    const all = this.#looker === undefined ? 0n : ALL_SIGNALS;
    const fleeting = this.traits.stormy ? SIGCHLD | all : all;
    return { frame, fleeting, ranges: own === undefined ? ranges : [...ranges, own] };
  }
}
