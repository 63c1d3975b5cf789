/** Room for another point under `--memory`: what is made by a clock gives way, the oldest first. */
import type { TracedProcess } from '../engine/traced-process.ts';
import type { Point } from '../points/point.ts';
import type { NoRoomError } from '../store/page-limit.ts';
import type { Program } from './program.ts';

/** Chosen: 1 MiB more than there is, where what is missing is not known. */
const MORE_PAGES = 256;

/** A point that may give way, and what it can free at most: what the next one has of its own. */
interface Candidate {
  readonly process_: TracedProcess;
  readonly point: Point;
  readonly pages: number;
}

/** Before the stop, for as much as the last point took: nobody waits yet. */
export function makeRoomAhead(program: Program, { points }: TracedProcess): void {
  const { room } = program.pageLimit;
  // The first one is of all that there is: no measure.
  if (room === Infinity || points.length < 2) return;
  const pages = points.newest?.pages ?? 0;
  if (pages > room) forgetOldest(program, pages);
}

/** Whether a point that did not fit may be tried again. */
export function makeRoom(program: Program, process_: TracedProcess, error: NoRoomError): boolean {
  const { points } = process_;
  // The base of the next point, which nobody can go back to.
  if (points.dropHidden()) return true;
  const { room } = program.pageLimit;
  const pages = error.pages > room ? error.pages : room + MORE_PAGES;
  return forgetOldest(program, pages) || forgetAll(program, process_, error);
}

/** None goes in vain, as far as is known. */
function forgetOldest(program: Program, pages: number): boolean {
  const { pageLimit } = program;
  const candidates = [...program.processes.values()].flatMap(listCandidates);
  const most = candidates.reduce((sum, candidate) => sum + candidate.pages, pageLimit.room);
  if (most < pages) return false;
  candidates.sort((one, other) => one.point.madeMs - other.point.madeMs);
  for (const { process_, point } of candidates) {
    if (pageLimit.room >= pages) break;
    process_.points.forget(point);
  }
  return pageLimit.room >= pages;
}

/** The newest of each process stays: it is what the program would fall back on. */
function listCandidates(process_: TracedProcess): Candidate[] {
  const { live } = process_.points;
  return live.slice(0, -1).flatMap((point, index) => {
    return point.origin === 'every'
      ? [{ process_, point, pages: live[index + 1]?.pages ?? 0 }]
      : [];
  });
}

/**
 * Where all points of a process are a clock's and the new one fits without them, but not beside
 * the last of them, it takes their place.
 */
function forgetAll(program: Program, { points, resources }: TracedProcess, error: NoRoomError) {
  if (error.pagesAlone === undefined || points.live.some(({ origin }) => origin !== 'every')) {
    return false;
  }
  const own = resources?.addressSpace.store.used ?? 0;
  if (points.length === 0 || error.pagesAlone > program.pageLimit.room + own) return false;
  for (const point of points.live) points.forget(point);
  return points.dropHidden();
}
