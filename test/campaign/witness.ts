/** One who looks on from outside through belay's API: rewinds, hears of falls, holds belay up. */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BelayError, type FallRecord, type Supervised, attach } from '../../src/index.ts';

/** The point is gone; or the process cannot go back there. */
const REFUSALS: ReadonlySet<string> = new Set(['EBADF', 'EFALLBACK']);
const PAUSE_TIMEOUT_MS = 3_000;
/** The record of a fall may wait for the names of its code. */
const HEARING_MS = 300;

export class Witness {
  readonly #supervised: Supervised;
  readonly falls: FallRecord[] = [];
  /** Why rollbacks were refused. */
  readonly refusals: string[] = [];

  private constructor(supervised: Supervised, hears: (text: string) => void) {
    this.#supervised = supervised;
    supervised.on('fall', (fall) => {
      this.falls.push(fall);
      const warnings = fall.warnings.map((text) => `; ${text}`).join('');
      hears(`${fall.signal ?? fall.cause}, back to ${fall.cd}${warnings}`);
    });
    supervised.on('giveup', ({ signal, reason }) => {
      this.refusals.push(reason);
      hears(`${signal ?? 'a signal'} was delivered: ${reason}`);
    });
    supervised.on('warning', ({ message }) => {
      if (message.startsWith('no way back')) this.refusals.push(message);
      hears(message);
    });
  }

  /** The process must be under belay's care already. What is heard of belay goes to `hears`. */
  static async of(pid: number, hears: (text: string) => void): Promise<Witness> {
    return new Witness(await attach(pid), hears);
  }

  /** Rewinds it, or says why that is refused. */
  async rewind(cd: number, value: number): Promise<string | undefined> {
    try {
      await this.#supervised.rewind(cd, { value });
      return undefined;
    } catch (error) {
      if (!(error instanceof BelayError && REFUSALS.has(error.code))) throw error;
      return error.message.replace(/^cannot rewind process \d+: /, '');
    }
  }

  /**
   * Whether the record of the last fall names mappings that are not as they were; or one before
   * it says that this is not known: that is told once, and then how often.
   */
  async namedMappings(): Promise<boolean> {
    await sleep(HEARING_MS);
    const isGuess = (text: string): boolean => /mappings: .* not known/.test(text);
    return (
      this.falls.at(-1)?.warnings.some((text) => /mapping|attribute/.test(text)) === true ||
      this.falls.some(({ warnings }) => warnings.some(isGuess))
    );
  }

  /** What is heard of a refusal beyond the first `known`; the same is not told a second time. */
  async refusalAfter(known: number): Promise<string | undefined> {
    for (let ms = 0; ms < HEARING_MS && this.refusals.length <= known; ms++) await sleep(1);
    return this.refusals[known];
  }

  /** The clock's points that were made after `since` (ms since 1970), oldest first. */
  async clockPoints(since: number): Promise<number[]> {
    const points = await this.#supervised.points();
    return points.filter((p) => p.origin === 'every' && p.time > since).map((p) => p.cd);
  }

  /** Stops the supervisor between two of its doings, as `isQuiet` tells; runs `look` meanwhile. */
  async whileHeld<T>(isQuiet: () => boolean, look: () => T): Promise<T | undefined> {
    const { supervisorPid } = this.#supervised;
    const deadline = Date.now() + PAUSE_TIMEOUT_MS;
    while (Date.now() < deadline) {
      process.kill(supervisorPid, 'SIGSTOP');
      try {
        while (!isStopped(supervisorPid)) await sleep(1);
        if (isQuiet()) return look();
      } finally {
        process.kill(supervisorPid, 'SIGCONT');
      }
      await sleep(1);
    }
    return undefined;
  }

  close(): void {
    this.#supervised.close();
  }
}

function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((tid) => {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}
