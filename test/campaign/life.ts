/** One life of the target: points, damage, falls, rewinds, and after each the comparison. */
import { type Snapshot, type Thread, readThreads, takeSnapshot } from './checker.ts';
import {
  type Exemptions,
  compareSnapshots,
  formatDifferences,
  processorNotes,
  sameCall,
} from './compare.ts';
import { Dialogue } from './dialogue.ts';
import {
  type LivePoint,
  WHY_SIZE,
  checkLanding,
  checkRewind,
  describePoint,
  isUncertain,
  saysTheSame,
} from './landing.ts';
import { LifeFailure } from './life-failure.ts';
import { Draws } from './random.ts';
import type { Tally } from './tally.ts';
import { TargetProcess } from './target-process.ts';
import { type Traits, describeTraits, drawTraits, runOptions, targetMode } from './traits.ts';
import { Witness, isForgotten } from './witness.ts';
import { CAUSE, COMMAND, DAMAGE, type Hello, type Point } from './wire.ts';

export interface LifeOptions {
  /** The command line, from belay's options and the target's arguments. */
  command: (options: string[], targetArguments: string[]) => string[];
  dataFile: string;
  seed: bigint;
  falls: number;
  threads?: number | undefined;
  user?: number | undefined;
  /** Which damage may be drawn (bits of DAMAGE). */
  damage: number;
  tally: Tally;
}

const LIVE_POINTS_MAX = 8;
const VALUES = 1 << 30;
type Stands = (thread: Thread, all: Thread[]) => boolean;

export class Life {
  readonly #options: LifeOptions;
  readonly #draws: Draws;
  readonly #traits: Traits;
  readonly #target: TargetProcess;
  readonly #dialogue: Dialogue;
  readonly #points: LivePoint[] = [];
  #witness: Witness | undefined;
  #hello: Hello | undefined;
  /** Since when it has stood where it stands now: ms since 1970. */
  #standsSince = 0;
  falls = 0;
  readonly description: string;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#draws = new Draws(options.seed);
    const traits = drawTraits(this.#draws, options.threads);
    this.#traits = traits;
    this.description = describeTraits(traits);
    const { dataFile, seed, user } = options;
    const words = [dataFile, String(seed), String(traits.threads), targetMode(traits)];
    const command = options.command(runOptions(traits), words);
    this.#target = new TargetProcess({ command, user, stops: traits.stops });
    this.#dialogue = new Dialogue(this.#target);
  }

  /** Lives to the end. @throws LifeFailure, with the whole story, at the first difference. */
  async run(): Promise<void> {
    try {
      await this.#begin();
      while (this.falls < this.#options.falls) await this.#step();
      await this.#finish();
    } catch (error) {
      throw this.#dialogue.tellAll(error);
    } finally {
      this.#witness?.close();
      await this.#target.end();
    }
  }

  get #greeting(): Hello {
    if (this.#hello === undefined) throw new LifeFailure('the target never said hello');
    return this.#hello;
  }

  get #newest(): LivePoint {
    const newest = this.#points.at(-1);
    if (newest === undefined) throw new LifeFailure('no point to fall on');
    return newest;
  }

  /** Two threads that fall in their handler at once: the one takes the handler from the other. */
  get #damage(): number {
    const { every, auto } = this.#traits;
    return this.#options.damage & ~(every > 0 && auto ? DAMAGE.ruin : 0);
  }

  #drawPoint(): LivePoint {
    return this.#points[this.#draws.below(this.#points.length)] ?? this.#newest;
  }

  async #begin(): Promise<void> {
    this.#hello = await this.#dialogue.await('hello');
    if (this.#hello.pid !== this.#target.pid)
      throw new LifeFailure(`its pid is ${this.#hello.pid}, not ${this.#target.pid}`);
    if (this.#traits.watched)
      this.#witness = await Witness.of(this.#target.pid, (text) => {
        this.#dialogue.story.push(`  (belay: ${text})`);
      });
    await this.#newPoint();
  }

  async #step(): Promise<void> {
    const what = this.#draws.below(24);
    if (what < 5 && this.#points.length < LIVE_POINTS_MAX) await this.#newPoint();
    else if (what === 5 && this.#points.length > 1) await this.#forget();
    else if (what >= 20 && this.#witness !== undefined) await this.#rewind(this.#witness);
    else await this.#fall();
  }

  async #newPoint(): Promise<void> {
    this.#dialogue.story.push(`tsetjmp, after ${this.#points.length} live points`);
    this.#dialogue.send({ what: COMMAND.point, seed: this.#draws.next() });
    const point = await this.#dialogue.await('point');
    const newest = this.#points.at(-1);
    if (point.cause !== CAUSE.saved || point.cd <= (newest?.cd ?? 0) || point.rollbacks !== 0)
      throw new LifeFailure(`a new point said ${describePoint(point)}`);
    const snapshot = await this.#look((thread) => this.#isParked(thread));
    if (snapshot === undefined)
      throw new LifeFailure(`at the new point ${point.cd} it does not stand still`);
    const { parked } = this.#dialogue;
    this.#points.push({ cd: point.cd, snapshot, parked, rollbacks: 0, said: point });
  }

  async #forget(): Promise<void> {
    const index = this.#draws.below(this.#points.length - 1);
    const [point] = this.#points.splice(index, 1);
    if (point === undefined) return;
    this.#dialogue.story.push(`tforget(${point.cd})`);
    this.#dialogue.send({ what: COMMAND.forget, cd: point.cd });
    const { result } = await this.#dialogue.await('done');
    if (result !== 0n) throw new LifeFailure(`tforget(${point.cd}) gave ${result}`);
    // A point of the clock's within tforget would have it done once more.
    if (this.#traits.every > 0) await this.#newPoint();
    else await this.#fall();
  }

  async #fall(): Promise<void> {
    const jump = this.#draws.below(10) < 3;
    const target = jump ? this.#drawPoint() : this.#newest;
    const value = jump ? 1 + this.#draws.below(VALUES) : -1;
    const { story } = this.#dialogue;
    story.push(`fall ${this.falls + 1}, of ${this.#points.length} live points`);
    const from = story.length;
    const sentAt = Date.now();
    this.#dialogue.send({
      what: COMMAND.fall,
      seed: this.#draws.next(),
      damage: this.#damage,
      cd: jump ? target.cd : 0,
      op: value,
    });
    const { fall, point } = await this.#dialogue.landed(
      () => this.#standsAgain(sentAt),
      (text) => this.#isExcused(text, story.slice(from)),
    );
    if (point === undefined) this.#tell('back on a point of the clock');
    else {
      this.#tell('back');
      const uncertain = isUncertain(fall, story.slice(from));
      const isRepeated = this.#traits.every > 0 && saysTheSame(point, this.#newest.said);
      const expected = { target, newest: this.#newest, value, uncertain };
      if (!isRepeated) checkLanding(fall, point, expected);
      this.#isBackOn(point, isRepeated ? 0 : 1);
    }
    await this.#compare(this.#newest);
    this.falls++;
  }

  #tell(outcome: string, reason?: string): void {
    this.#dialogue.story.push(`  ${outcome}${reason === undefined ? '' : `: ${reason}`}`);
    this.#options.tally.count(outcome, reason);
  }

  /** Without a word, as on a point of the clock's: it has fallen, and waits for a command. */
  #standsAgain(since: number): boolean {
    if (this.#traits.every === 0) return false;
    if (this.#witness?.falls.some(({ time }) => time >= since) !== true) return false;
    const leader = readThreads(this.#target.pid).find(({ tid }) => tid === this.#target.pid);
    return leader?.call.startsWith('0 0x0 ') === true;
  }

  /** After noise over everything a worker may wake and complain, rightly, before the fall. */
  #isExcused(text: string, story: string[]): boolean {
    if (story.some((line) => line.includes('noise-everywhere'))) return true;
    return this.#traits.every > 0 && this.#traits.auto && text.includes('own handler ran');
  }

  /** The target says that it is on `point`: what is newer is gone. */
  #isBackOn(point: Point, rollbacks: number): void {
    this.#dialogue.story.push(`  back with ${describePoint(point)}`);
    const back = this.#points.find((live) => live.cd === point.cd);
    if (back === undefined) throw new LifeFailure(`returned to ${point.cd}, which is not live`);
    back.rollbacks += rollbacks;
    if (point.rollbacks !== back.rollbacks)
      throw new LifeFailure(`rollbacks is ${point.rollbacks}, not ${back.rollbacks}`);
    back.said = point;
    this.#points.length = this.#points.indexOf(back) + 1;
    this.#dialogue.parked = back.parked;
  }

  /** Somebody rewinds it from outside, to a point of its own or to one of the clock's. */
  async #rewind(witness: Witness): Promise<void> {
    const toClock = this.#draws.chance(2) && this.#traits.every > 0;
    const target = this.#drawPoint();
    const value = this.#draws.below(VALUES);
    const made = toClock ? await witness.clockPoints(this.#standsSince) : [];
    const cd = toClock ? made[value % Math.max(made.length, 1)] : target.cd;
    if (cd === undefined) return;
    this.#dialogue.story.push(`rewound to ${cd}${toClock ? ", which is the clock's" : ''}`);
    try {
      await witness.rewind(cd, value);
    } catch (error) {
      if (!toClock || !isForgotten(error)) throw error;
    }
    this.#tell(toClock ? 'rewound to a point of the clock' : 'rewound');
    if (!toClock) {
      this.#target.wake();
      const point = await this.#dialogue.await('point');
      checkRewind(point, cd, value);
      this.#isBackOn(point, 1);
    }
    await this.#compare(this.#newest);
  }

  #isParked(thread: Thread): boolean {
    if (this.#target.stops) return true;
    if (thread.tid === this.#target.pid) return thread.call.startsWith('0 0x0 ');
    const parked = this.#dialogue.parked.find((record) => record.tid === thread.tid);
    if (parked === undefined || parked.number === -1) return true;
    return thread.call.startsWith(`${parked.number} `) || thread.call.startsWith('219 ');
  }

  /** All of it, when it stands still as wanted; undefined when it never does. */
  async #look(isThere: Stands): Promise<Snapshot | undefined> {
    const { pid } = this.#target;
    const snapshot =
      this.#traits.every === 0
        ? (await this.#target.standstill(isThere)) && takeSnapshot(pid)
        : await this.#witness?.whileHeld(
            () => this.#target.stands(isThere),
            () => takeSnapshot(pid),
          );
    this.#standsSince = Date.now();
    return snapshot === false ? undefined : snapshot;
  }

  async #compare(point: LivePoint): Promise<void> {
    const before = point.snapshot;
    const isBack: Stands = (thread, all) => {
      const was = before.threads.find((other) => other.tid === thread.tid);
      if (was === undefined || all.length !== before.threads.length) return false;
      return was.call === 'running' || sameCall(was.call, thread.call);
    };
    const after = (await this.#look(isBack)) ?? takeSnapshot(this.#target.pid);
    const differences = compareSnapshots(before, after, this.#exemptions(point));
    if (differences.length > 0)
      throw new LifeFailure(`after the rollback to ${point.cd}: ${formatDifferences(differences)}`);
  }

  #exemptions(point: LivePoint): Exemptions {
    const { why, frame, rseq } = this.#greeting;
    const processor = processorNotes([rseq, ...point.parked.map((parked) => parked.rseq)]);
    return { frame, ranges: [{ start: why, end: why + WHY_SIZE }, ...processor] };
  }

  async #finish(): Promise<void> {
    this.#dialogue.send({ what: COMMAND.verify, seed: this.#draws.next() });
    const verified = await this.#dialogue.await('done');
    this.#dialogue.send({ what: COMMAND.quit });
    const joined = await this.#dialogue.await('done');
    for (const { result } of [verified, joined])
      if (Number(result) !== this.#greeting.workers)
        throw new LifeFailure(`${result} of ${this.#greeting.workers} workers came back`);
    const how = await this.#target.ended;
    if (how !== 'exit status 0') throw new LifeFailure(`at the end: ${how}`);
  }
}
