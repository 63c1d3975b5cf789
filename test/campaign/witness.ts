/** One who looks on from outside through belay's API: rewinds, hears of falls, holds belay up. */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BelayError, type FallRecord, type Supervised, attach } from '../../src/index.ts';

const PAUSE_TIMEOUT_MS = 3_000;

export class Witness {
  readonly #supervised: Supervised;
  readonly falls: FallRecord[] = [];

  private constructor(supervised: Supervised, hears: (text: string) => void) {
    this.#supervised = supervised;
    supervised.on('fall', (fall) => {
      this.falls.push(fall);
      const warnings = fall.warnings.map((text) => `; ${text}`).join('');
      hears(`${fall.signal ?? fall.cause}, back to ${fall.cd}${warnings}`);
    });
    supervised.on('giveup', ({ signal, reason }) => {
      hears(`${signal ?? 'a signal'} was delivered: ${reason}`);
    });
    supervised.on('warning', ({ message }) => {
      hears(message);
    });
  }

  /** The process must be under belay's care already. What is heard of belay goes to `hears`. */
  static async of(pid: number, hears: (text: string) => void): Promise<Witness> {
    return new Witness(await attach(pid), hears);
  }

  async rewind(cd: number, value: number): Promise<FallRecord> {
    return this.#supervised.rewind(cd, { value });
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

/** Whether belay says no more than that the point is gone: the clock's oldest go all the time. */
export function isForgotten(error: unknown): boolean {
  return error instanceof BelayError && error.code === 'EBADF';
}

function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((tid) => {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}
