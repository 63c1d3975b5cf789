/** The clock by which the kernel notes when a process began. */
import { readFileSync } from 'node:fs';

/** USER_HZ of the kernel. */
export const TICKS_PER_SECOND = 100;

/** In the ticks that processes start at. */
export function readTicks(): number {
  const [seconds] = readFileSync('/proc/uptime', 'latin1').split(' ');
  return Math.floor(Number(seconds) * TICKS_PER_SECOND);
}
