/** The processor time that processes have used, by the kernel's account. */
import { readFileSync } from 'node:fs';
import { parseStat } from '../src/procfs/stat.ts';

/** Of all of them together, in clock ticks. */
export function readTicks(pids: readonly number[]): number {
  const stats = pids.map((pid) => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  return stats.reduce((sum, stat) => sum + (stat?.userTicks ?? 0) + (stat?.systemTicks ?? 0), 0);
}

/** USER_HZ of every Linux there is on x86-64. */
export const TICK_NS = 10_000_000;
