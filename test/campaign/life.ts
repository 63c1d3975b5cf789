/** One life of the target: points, damage, falls, rewinds, and after each the comparison. */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { hardFall } from './hard-fall.ts';
import {
  type LivePoint,
  checkLanding,
  checkRewind,
  describePoint,
  isUncertain,
  saysTheSame,
} from './landing.ts';
import { LifeFailure, LifeOver } from './life-failure.ts';
import { Draws } from './random.ts';
import { Stage } from './stage.ts';
import type { Tally } from './tally.ts';
import { TargetProcess } from './target-process.ts';
import { type Traits, describeTraits, drawTraits, targetMode } from './traits.ts';
import type { Witness } from './witness.ts';
import { CAUSE, COMMAND, DAMAGE } from './wire.ts';

export interface CallsOptions {
  /** The program that looks at what the kernel knows. */
  looker: string;
  /** A directory of the target's own, that is there and empty. */
  directory: string;
  /** Names of the only rows that may be drawn (target/calls/), as one word. */
  rows?: string | undefined;
}

export interface LifeOptions {
  /** The command line: belay, the target and its arguments. */
  command: (traits: Traits, targetArguments: string[]) => string[];
  dataFile: string;
  /** What belay is to be refused is written there; without it there are no such lives. */
  refusalFile?: string | undefined;
  seed: bigint;
  falls: number;
  threads?: number | undefined;
  user?: number | undefined;
  privileged: boolean;
  unruly?: boolean | undefined;
  /** Random system calls: what they need. */
  calls?: CallsOptions | undefined;
  /** Which damage may be drawn (bits of DAMAGE). */
  damage: number;
  tally: Tally;
}

const LIVE_POINTS_MAX = 8;
const VALUES = 1 << 30;
/** EAGAIN: a thread has been in vfork for too long. */
const BUSY = -11;
const STOP_MAX_MS = 8;
const HEARING_MS = 500;

export class Life {
  readonly #options: LifeOptions;
  readonly #draws: Draws;
  readonly #stage: Stage;
  readonly description: string;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#draws = new Draws(options.seed);
    const { dataFile, seed, user, refusalFile, calls } = options;
    const drawn = drawTraits(this.#draws, { ...options, calls: calls !== undefined });
    const traits = { ...drawn, refusing: drawn.refusing && refusalFile !== undefined };
    this.description = describeTraits(traits);
    const mode = `${targetMode(traits)}${calls?.rows === undefined ? '' : `,only:${calls.rows}`}`;
    const words = [dataFile, String(seed), String(traits.threads), mode];
    const command = options.command(traits, words);
    const env = {
      ...(refusalFile !== undefined && { BELAY_REFUSE: refusalFile }),
      ...(calls !== undefined && { CAMPAIGN_DIRECTORY: calls.directory }),
    };
    const target = new TargetProcess({ command, user, stops: traits.stops, env });
    this.#stage = new Stage(target, traits, options.tally, calls?.looker);
  }

  get falls(): number {
    return this.#stage.falls;
  }

  /** Lives to the end. @throws LifeFailure, with the whole story, at the first difference. */
  async run(): Promise<void> {
    const stage = this.#stage;
    try {
      await stage.begin();
      await this.#newPoint();
      while (stage.falls < this.#options.falls) await this.#step();
      await this.#finish();
    } catch (error) {
      if (error instanceof LifeOver) {
        stage.tell('over', error.message);
        return;
      }
      // What belay says of it may be on the way.
      await sleep(stage.witness === undefined ? 0 : HEARING_MS);
      throw stage.dialogue.tellAll(await stage.target.explain(error));
    } finally {
      stage.witness?.close();
      for (const [name, count] of stage.dialogue.calls) this.#options.tally.countCalls(name, count);
      await stage.target.end();
      const looker = this.#options.calls?.looker;
      if (looker !== undefined) spawnSync(looker, [String(stage.target.pid), 'remove']);
    }
  }

  /**
   * Two threads that fall in their handler at once: the one takes the handler from the other. And
   * one that is in a section when all is ruined falls of that first.
   */
  get #damage(): number {
    const { every, auto, sections } = this.#stage.traits;
    return this.#options.damage & ~((every > 0 && auto) || sections ? DAMAGE.ruin : 0);
  }

  #drawPoint(): LivePoint {
    const { points, newest } = this.#stage;
    return points[this.#draws.below(points.length)] ?? newest;
  }

  async #step(): Promise<void> {
    const { points, witness, traits } = this.#stage;
    const what = this.#draws.below(24);
    if (what < 5 && points.length < LIVE_POINTS_MAX) await this.#newPoint();
    else if (what === 5 && points.length > 1) await this.#forget();
    else if (what >= 20 && witness !== undefined) await this.#rewind(witness);
    else if (what >= 14 && traits.hard) await this.#fallInHardTimes();
    else await this.#fall();
  }

  async #newPoint(): Promise<void> {
    const { dialogue, points, traits } = this.#stage;
    dialogue.story.push(`tsetjmp, after ${points.length} live points`);
    dialogue.send({ what: COMMAND.point, seed: this.#draws.next() });
    const point = await dialogue.await('point');
    if (point.cd === BUSY && traits.stormy) {
      this.#stage.tell('point refused', 'EAGAIN');
      await this.#stage.look((thread) => this.#stage.isParked(thread));
      if (points.length === 0) await this.#newPoint();
      return;
    }
    const newest = points.at(-1);
    if (point.cause !== CAUSE.saved || point.cd <= (newest?.cd ?? 0) || point.rollbacks !== 0)
      throw new LifeFailure(`a new point said ${describePoint(point)}`);
    const snapshot = await this.#stage.look((thread) => this.#stage.isParked(thread));
    if (snapshot === undefined)
      throw new LifeFailure(`at the new point ${point.cd} it does not stand still`);
    points.push({ cd: point.cd, snapshot, parked: dialogue.parked, rollbacks: 0, said: point });
  }

  async #forget(): Promise<void> {
    const { dialogue, points, traits } = this.#stage;
    const index = this.#draws.below(points.length - 1);
    const [point] = points.splice(index, 1);
    if (point === undefined) return;
    dialogue.story.push(`tforget(${point.cd})`);
    dialogue.send({ what: COMMAND.forget, cd: point.cd });
    const { result } = await dialogue.await('done');
    if (result !== 0n) throw new LifeFailure(`tforget(${point.cd}) gave ${result}`);
    // A point of the clock's within tforget would have it done once more.
    if (traits.every > 0) await this.#newPoint();
    else await this.#fall();
  }

  /** To which point it jumps, and with which value; or 0 and -1: it falls by a signal. */
  #drawJump(): { target: LivePoint; cd: number; value: number } {
    const jump = this.#draws.below(10) < 3;
    const target = jump ? this.#drawPoint() : this.#stage.newest;
    const value = jump ? 1 + this.#draws.below(VALUES) : -1;
    return { target, cd: jump ? target.cd : 0, value };
  }

  async #fall(): Promise<void> {
    const { dialogue, newest, points, traits } = this.#stage;
    const { target, cd, value } = this.#drawJump();
    const { story } = dialogue;
    story.push(`fall ${this.falls + 1}, of ${points.length} live points`);
    const from = story.length;
    const sentAt = Date.now();
    const damage = this.#damage;
    dialogue.send({ what: COMMAND.fall, seed: this.#draws.next(), damage, cd, op: value });
    if (traits.jobs && this.#draws.chance(2)) await this.#stopForAMoment();
    const { fall, point } = await dialogue.landed(
      () => this.#stage.standsAgain(sentAt),
      (text) => this.#isExcused(text, story.slice(from)),
    );
    if (point === undefined) this.#stage.tell('back on a point of the clock');
    else {
      const uncertain = isUncertain(fall, story.slice(from));
      const isRepeated = traits.every > 0 && saysTheSame(point, newest.said);
      if (!isRepeated) checkLanding(fall, point, { target, newest, value, uncertain });
      this.#stage.tell('back');
      this.#stage.isBackOn(point, isRepeated ? 0 : 1);
    }
    await this.#stage.compare(this.#stage.newest);
    this.#stage.falls++;
  }

  /** Somebody stops it while it falls, and lets it go on. */
  async #stopForAMoment(): Promise<void> {
    const { pid } = this.#stage.target;
    const [beforeMs, ms] = [this.#draws.below(STOP_MAX_MS), this.#draws.below(STOP_MAX_MS)];
    await sleep(beforeMs);
    process.kill(pid, 'SIGSTOP');
    await sleep(ms);
    process.kill(pid, 'SIGCONT');
  }

  async #fallInHardTimes(): Promise<void> {
    const { target, cd, value } = this.#drawJump();
    const { refusalFile } = this.#options;
    await hardFall(this.#stage, this.#draws, {
      target,
      cd,
      value,
      refusalFile,
      damage: this.#damage,
    });
    this.#stage.falls++;
  }

  /** After noise over everything a worker may wake and complain, rightly, before the fall. */
  #isExcused(text: string, story: string[]): boolean {
    if (story.some((line) => line.includes('noise-everywhere'))) return true;
    const { every, auto } = this.#stage.traits;
    return every > 0 && auto && text.includes('own handler ran');
  }

  /** Somebody rewinds it from outside, to a point of its own or to one of the clock's. */
  async #rewind(witness: Witness): Promise<void> {
    const { dialogue, standsSince, traits } = this.#stage;
    const toClock = this.#draws.chance(2) && traits.every > 0;
    const target = this.#drawPoint();
    const value = this.#draws.below(VALUES);
    const made = toClock ? await witness.clockPoints(standsSince) : [];
    const cd = toClock ? made[value % Math.max(made.length, 1)] : target.cd;
    if (cd === undefined) return;
    dialogue.story.push(`rewound to ${cd}${toClock ? ", which is the clock's" : ''}`);
    const reason = await witness.rewind(cd, value);
    // The clock's oldest go all the time, and limits are as low as they were at the last fall.
    if (reason !== undefined && !toClock && !traits.hard) throw new LifeFailure(reason);
    if (reason !== undefined) this.#stage.tell('rewind refused', reason);
    else this.#stage.tell(toClock ? 'rewound to a point of the clock' : 'rewound');
    if (reason === undefined && !toClock) {
      dialogue.target.wake();
      const point = await dialogue.await('point');
      checkRewind(point, cd, value);
      this.#stage.isBackOn(point, 1);
    }
    await this.#stage.compare(this.#stage.newest);
  }

  async #finish(): Promise<void> {
    const { dialogue, greeting } = this.#stage;
    dialogue.send({ what: COMMAND.verify, seed: this.#draws.next() });
    const verified = await dialogue.await('done');
    dialogue.send({ what: COMMAND.quit });
    const joined = await dialogue.await('done');
    for (const { result } of [verified, joined])
      if (Number(result) !== greeting.workers)
        throw new LifeFailure(`${result} of ${greeting.workers} workers came back`);
    const how = await dialogue.target.ended;
    if (how !== 'exit status 0') throw new LifeFailure(`at the end: ${how}`);
  }
}
