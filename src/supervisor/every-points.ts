/** Points of the `--every` clock, in each process that can have one and is worth it. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { BelayError } from '../errors.ts';
import { paysForPoints } from '../policy/pays-for-points.ts';
import { NoRoomError } from '../store/page-limit.ts';
import { readStat } from '../tasks/read-stat.ts';
import { TICKS_PER_SECOND } from '../tasks/read-ticks.ts';
import { isHandling } from './own-handlers.ts';
import type { Program } from './program.ts';
import { Refusals } from './refusals.ts';
import { operatorCheckpoint } from './requests.ts';
import type { Supervisor } from './supervisor.ts';

/** Points that `--every` keeps: chosen; at 10 ms this is more than half a second to go back. */
const EVERY_POINTS_MAX = 64;
/**
 * And what they may hold between them, 256 MiB: chosen; a newer point is worth more than memory.
 */
const EVERY_PAGES_MAX = 65536;

const refusals = new Refusals();

/** A point of the `--every` clock, in each process that can have one. */
export function makeEveryPoints(supervisor: Supervisor): void {
  for (const process_ of [...supervisor.program.processes.values()]) {
    if (process_.sharesMemory || process_.sharing !== undefined) continue;
    if (isHandling(process_) || isTooYoung(supervisor.program, process_)) continue;
    // The last one is still being saved: another now would have the program wait for that.
    if (process_.resources?.isSettled === false) continue;
    if (isPassedOver(supervisor, process_) || refusals.isWaiting(process_)) continue;
    try {
      operatorCheckpoint(supervisor, process_, 'every');
      forgetOldEveryPoints(process_);
      refusals.clear(process_);
    } catch (error) {
      if (error instanceof NoRoomError) refusals.add(process_);
      // In vfork, say, where the next one is not far; or it is on its way out.
      if (error instanceof BelayError && ['EAGAIN', 'ESRCH'].includes(error.code)) continue;
      const message = error instanceof Error ? error.message : String(error);
      supervisor.warn(process_, message);
    }
  }
}

/** A process that is confined is not even stopped for a point that would be refused. */
function isPassedOver(supervisor: Supervisor, process_: TracedProcess): boolean {
  if (!supervisor.pump.confinement.isConfined(process_.group)) return false;
  supervisor.warn(process_, 'no points are made: it is confined by seccomp filters of its own');
  return true;
}

/** The oldest go first, until neither their number nor what they hold is too large. */
function forgetOldEveryPoints(process_: TracedProcess): void {
  const made = process_.points.live.filter(({ origin }) => origin === 'every');
  let pages = made.reduce((sum, point) => sum + point.pages, 0);
  for (let left = made.length; left > 1; left -= 1) {
    const oldest = made[made.length - left];
    if (oldest === undefined || (left <= EVERY_POINTS_MAX && pages <= EVERY_PAGES_MAX)) return;
    pages -= oldest.pages;
    process_.points.forget(oldest);
  }
}

/** It began a moment ago, as a child: nothing is set up for one that is about to end. */
function isTooYoung({ rootPid, options }: Program, process_: TracedProcess): boolean {
  if (process_.pid === rootPid || process_.resources !== undefined) return false;
  const ageMs = performance.now() - process_.beganMs;
  return !paysForPoints(ageMs, options.every ?? 0, () => readRunMs(process_.pid));
}

function readRunMs(pid: number): number {
  const { userTicks = 0, systemTicks = 0 } = readStat(pid) ?? {};
  return ((userTicks + systemTicks) * 1000) / TICKS_PER_SECOND;
}
