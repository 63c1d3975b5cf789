/** What a supervisor takes of the machine's memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN_BELAY } from '../test/support/paths.ts';
import { readStatus } from './program.ts';

/** Bytes. */
export interface Footprint {
  readonly rss: number;
  /** Of which no other process has the same. */
  readonly anonymous: number;
  /** Saved pages. */
  readonly saved: number;
}

/**
 * Of the supervisor of `belay run WORDS`, `afterMs` behind the program's first line. The program
 * ends with its standard input.
 */
export async function measureFootprint(
  words: readonly string[],
  afterMs: number,
): Promise<Footprint> {
  const child = spawn(BIN_BELAY, ['run', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    await Promise.race([once(child.stdout, 'data'), exited]);
    if (child.exitCode !== null) throw new Error(`${words.join(' ')} ended with ${child.exitCode}`);
    await sleep(afterMs);
    return await readFootprint(child.pid ?? 0);
  } finally {
    child.stdin.end();
    await exited;
  }
}

/** Of the supervisor of process `pid`. */
async function readFootprint(pid: number): Promise<Footprint> {
  const status = await readStatus(pid);
  const text = readFileSync(`/proc/${status.supervisorPid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]);
  return {
    rss: read('VmRSS') * 1024,
    anonymous: read('RssAnon') * 1024,
    saved: status.savedBytes,
  };
}
