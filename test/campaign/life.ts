/** One life of the target: points, damage, falls, and after each the comparison. */
import { type Thread, type Snapshot, takeSnapshot } from './checker.ts';
import {
  type Exemptions,
  compareSnapshots,
  formatDifferences,
  processorNotes,
  sameCall,
} from './compare.ts';
import { Draws } from './random.ts';
import { TargetFailure, TargetProcess } from './target-process.ts';
import {
  CAUSE,
  COMMAND,
  type Fall,
  type Hello,
  OPS,
  type Parked,
  type Point,
  type TargetRecord,
} from './wire.ts';

export interface LifeOptions {
  command: (targetArguments: string[]) => string[];
  dataFile: string;
  seed: bigint;
  falls: number;
  threads?: number | undefined;
  user?: number | undefined;
  /** Which damage may be drawn (bits of DAMAGE). */
  damage: number;
}

/** A point as it was first reached. */
interface LivePoint {
  cd: number;
  snapshot: Snapshot;
  parked: Parked[];
  rollbacks: number;
}

export class LifeFailure extends Error {
  override name = 'LifeFailure';
}

const LIVE_POINTS_MAX = 8;
const WHY_SIZE = 48;
const NO_ADDRESS = (1n << 64n) - 1n;
/** Signals that need not be those of the announced fall: other threads may fall first. */
const OTHERS_MAY_FALL = new Set(['born-bare', 'born-libc', 'map-over', 'mremap-over']);

export class Life {
  readonly #options: LifeOptions;
  readonly #draws: Draws;
  readonly #target: TargetProcess;
  readonly #points: LivePoint[] = [];
  readonly #story: string[] = [];
  #parked: Parked[] = [];
  #hello: Hello | undefined;
  falls = 0;
  readonly description: string;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#draws = new Draws(options.seed);
    const drawn = this.#draws.below(5);
    const stops = this.#draws.chance(2);
    const threads = options.threads ?? drawn;
    this.description = `${threads} threads${stops ? ', stopping itself' : ''}`;
    const mode = stops ? 'belay,stops' : 'belay';
    this.#target = new TargetProcess({
      command: options.command([options.dataFile, String(options.seed), String(threads), mode]),
      user: options.user,
      stops,
    });
  }

  /** Lives to the end. @throws LifeFailure, with the whole story, at the first difference. */
  async run(): Promise<void> {
    try {
      await this.#begin();
      while (this.falls < this.#options.falls) await this.#step();
      await this.#finish();
    } catch (error) {
      if (!(error instanceof TargetFailure || error instanceof LifeFailure)) throw error;
      const story = this.#story.slice(-60).join('\n');
      const now = `its threads now:\n${this.#target.state()}\nwhat it did last:\n${story}`;
      throw new LifeFailure(`${error.message}\n${now}`, { cause: error });
    } finally {
      await this.#target.end();
    }
  }

  get #greeting(): Hello {
    if (this.#hello === undefined) throw new LifeFailure('the target never said hello');
    return this.#hello;
  }

  async #await<T extends TargetRecord['type']>(
    type: T,
  ): Promise<Extract<TargetRecord, { type: T }>> {
    for (;;) {
      const record = await this.#target.next();
      if (record.type === 'parked')
        this.#parked = [...this.#parked.filter((p) => p.tid !== record.tid), record];
      if (record.type === 'op') this.#story.push(`  ${record.text}`);
      if (record.type === 'bad') throw new LifeFailure(record.text);
      if (record.type === type) return record as Extract<TargetRecord, { type: T }>;
      if (record.type === 'point') throw new LifeFailure('at a point, and should not be');
    }
  }

  async #begin(): Promise<void> {
    this.#hello = await this.#await('hello');
    if (this.#hello.pid !== this.#target.pid)
      throw new LifeFailure(`its pid is ${this.#hello.pid}, not ${this.#target.pid}`);
    await this.#newPoint();
  }

  async #step(): Promise<void> {
    const what = this.#draws.below(20);
    if (what < 5 && this.#points.length < LIVE_POINTS_MAX) await this.#newPoint();
    else if (what === 5 && this.#points.length > 1) await this.#forget();
    else await this.#fall();
  }

  async #newPoint(): Promise<void> {
    this.#story.push(`tsetjmp, after ${this.#points.length} live points`);
    this.#target.send({ what: COMMAND.point, seed: this.#draws.next() });
    const point = await this.#await('point');
    const newest = this.#points.at(-1);
    if (point.cause !== CAUSE.saved || point.cd <= (newest?.cd ?? 0) || point.rollbacks !== 0)
      throw new LifeFailure(`a new point said ${this.#describe(point)}`);
    if (!(await this.#target.standstill((thread) => this.#isParked(thread))))
      throw new LifeFailure(`at the new point ${point.cd} it does not stand still`);
    const snapshot = takeSnapshot(this.#target.pid);
    this.#points.push({ cd: point.cd, snapshot, parked: this.#parked, rollbacks: 0 });
  }

  async #forget(): Promise<void> {
    const index = this.#draws.below(this.#points.length - 1);
    const [point] = this.#points.splice(index, 1);
    if (point === undefined) return;
    this.#story.push(`tforget(${point.cd})`);
    this.#target.send({ what: COMMAND.forget, cd: point.cd });
    const { result } = await this.#await('done');
    if (result !== 0n) throw new LifeFailure(`tforget(${point.cd}) gave ${result}`);
    await this.#fall();
  }

  async #fall(): Promise<void> {
    const newest = this.#points.at(-1);
    const jump = this.#draws.below(10) < 3;
    const target = jump ? this.#points[this.#draws.below(this.#points.length)] : newest;
    if (target === undefined || newest === undefined) throw new LifeFailure('no point to fall on');
    const value = jump ? 1 + this.#draws.below(1 << 30) : -1;
    const seed = this.#draws.next();
    this.#story.push(`fall ${this.falls + 1}, of ${this.#points.length} live points`);
    const from = this.#story.length;
    this.#target.send({
      what: COMMAND.fall,
      seed,
      damage: this.#options.damage,
      cd: jump ? target.cd : 0,
      op: value,
    });
    const fall = await this.#announced();
    const point = await this.#landed(from);
    const back = this.#points.find((live) => live.cd === point.cd);
    this.#story.push(`  back with ${this.#describe(point)}`);
    this.#check(fall, point, { target, newest, value, uncertain: this.#isUncertain(fall, from) });
    if (back === undefined) throw new LifeFailure(`returned to ${point.cd}, which is not live`);
    back.rollbacks++;
    if (point.rollbacks !== back.rollbacks)
      throw new LifeFailure(`rollbacks is ${point.rollbacks}, not ${back.rollbacks}`);
    this.#points.length = this.#points.indexOf(back) + 1;
    this.#parked = back.parked;
    await this.#compare(back);
    this.falls++;
  }

  /** The announcement of the fall; undefined when another thread fell before it came. */
  async #announced(): Promise<Fall | undefined> {
    for (;;) {
      const record = await this.#target.next();
      if (record.type === 'op') this.#story.push(`  ${record.text}`);
      if (record.type === 'bad') throw new LifeFailure(record.text);
      if (record.type === 'fall') {
        this.#story.push(`  falls: ${record.name}`);
        return record;
      }
      if (record.type === 'point') {
        this.#early = record;
        return undefined;
      }
    }
  }

  #early: Point | undefined;

  async #landed(from: number): Promise<Point> {
    const early = this.#early;
    this.#early = undefined;
    if (early !== undefined) return early;
    for (;;) {
      const record = await this.#target.next();
      if (record.type === 'point') return record;
      if (record.type === 'op') this.#story.push(`  ${record.text}`);
      // After noise over everything a worker may wake and complain, rightly, before the fall.
      const ruined = this.#story.slice(from).some((line) => line.includes('noise-everywhere'));
      if (record.type === 'bad' && !ruined) throw new LifeFailure(record.text);
    }
  }

  #isUncertain(fall: Fall | undefined, from: number): boolean {
    const ruined = fall === undefined || (fall.how >= 100 && fall.how < 200);
    const born = this.#story
      .slice(from)
      .some((line) => OTHERS_MAY_FALL.has(OPS.find((op) => line.startsWith(`  ${op} `)) ?? ''));
    return ruined || born;
  }

  #check(
    fall: Fall | undefined,
    point: Point,
    expected: { target: LivePoint; newest: LivePoint; value: number; uncertain: boolean },
  ): void {
    const { target, newest, value, uncertain } = expected;
    const says = `it says ${this.#describe(point)}`;
    if (point.size !== WHY_SIZE) throw new LifeFailure(`the answer's size is ${point.size}`);
    if (point.cause === CAUSE.saved) throw new LifeFailure(`a rollback without a cause: ${says}`);
    if (uncertain && point.cause === CAUSE.signal && point.cd === newest.cd) return;
    if (fall?.name === 'tlongjmp') {
      if (point.cause !== CAUSE.longjmp || point.cd !== target.cd || point.value !== value)
        throw new LifeFailure(`tlongjmp(${target.cd}, ${value}), but ${says}`);
      return;
    }
    if (point.cause !== CAUSE.signal || point.cd !== newest.cd)
      throw new LifeFailure(`fell by ${fall?.name ?? 'another thread'}, but ${says}`);
    if (fall === undefined || uncertain) return;
    if (point.signo !== fall.signo) throw new LifeFailure(`signal ${fall.signo}, but ${says}`);
    if (fall.address !== NO_ADDRESS && fall.address !== point.address)
      throw new LifeFailure(`address 0x${fall.address.toString(16)}, but ${says}`);
  }

  #describe(point: Point): string {
    const { type: _type, address, ip, ...rest } = point;
    const words = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
    return `${words.join(' ')} address 0x${address.toString(16)} ip 0x${ip.toString(16)}`;
  }

  #isParked(thread: Thread): boolean {
    if (this.#target.stops) return true;
    if (thread.tid === this.#target.pid) return thread.call.startsWith('0 0x0 ');
    const parked = this.#parked.find((record) => record.tid === thread.tid);
    if (parked === undefined || parked.number === -1) return true;
    return thread.call.startsWith(`${parked.number} `) || thread.call.startsWith('219 ');
  }

  async #compare(point: LivePoint): Promise<void> {
    const before = point.snapshot;
    await this.#target.standstill((thread, all) => {
      const was = before.threads.find((other) => other.tid === thread.tid);
      if (was === undefined || all.length !== before.threads.length) return false;
      return was.call === 'running' || sameCall(was.call, thread.call);
    });
    const after = takeSnapshot(this.#target.pid);
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
    this.#target.send({ what: COMMAND.verify, seed: this.#draws.next() });
    const verified = await this.#await('done');
    this.#target.send({ what: COMMAND.quit });
    const joined = await this.#await('done');
    for (const { result } of [verified, joined])
      if (Number(result) !== this.#greeting.workers)
        throw new LifeFailure(`${result} of ${this.#greeting.workers} workers came back`);
    const how = await this.#target.ended;
    if (how !== 'exit status 0') throw new LifeFailure(`at the end: ${how}`);
  }
}
