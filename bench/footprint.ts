/** What a supervisor takes of the machine's memory. */
import { readFileSync } from 'node:fs';
import { readStatus } from './program.ts';

/** Bytes. */
export interface Footprint {
  readonly rss: number;
  /** Of which no other process has the same. */
  readonly anonymous: number;
  /** Saved pages. */
  readonly saved: number;
}

/** Of the supervisor of process `pid`. */
export async function readFootprint(pid: number): Promise<Footprint> {
  const status = await readStatus(pid);
  const text = readFileSync(`/proc/${status.supervisorPid}/status`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]);
  return {
    rss: read('VmRSS') * 1024,
    anonymous: read('RssAnon') * 1024,
    saved: status.savedBytes,
  };
}
