/**
 * Puts a process back on a point, in place.
 *
 *   held still ── prepare ──▶ refused: nothing was touched, all that was acquired is given back
 *      │
 *   committed (EXITKILL set, `phase` written): from here on it is the whole point or SIGKILL
 *      │ every resource loosens what is in the way of others, then applies its plan, in the order
 *      │ of their list; kept ranges, struct tjmp
 *   done (EXITKILL cleared)
 *
 * Invariants
 * 1. What can be refused is refused in `prepare`.
 * 2. Nothing of the process runs before everything is in place, but the calls that we have it make.
 * 3. A supervisor that dies after the commit takes the process with it: mixed state never runs.
 */
import { asBelayError } from '../errors.ts';
import type { Point } from '../points/point.ts';
import type { Range } from '../procfs/maps.ts';
import { Claims } from '../resources/claims.ts';
import {
  LOST,
  lostBits,
  Obstacle,
  type Applied,
  type Named,
  type RollbackCounts,
} from '../resources/resource.ts';
import { HIDDEN, isHidden } from '../tracee/hidden.ts';
import type { Thread } from '../tracee/thread.ts';
import type { TracedProcess } from './traced-process.ts';
import { writeWhy, type Why } from './why.ts';

export interface RollbackResult extends RollbackCounts {
  /** What did not come back as it was. */
  readonly lost: readonly Named[];
}

/** A rollback that can be done. Either `rollBack` it or `abandon` it, before anything else is. */
export interface Prepared {
  readonly point: Point;
  readonly plans: readonly unknown[];
  readonly claims: readonly Claims[];
  readonly keeper: Thread;
}

/** Find out whether the process, which is held still, can go back to `point`. */
export function prepareRollback(process_: TracedProcess, point: Point): Prepared | Obstacle {
  const { stopped, resources } = process_;
  if (resources === undefined) return new Obstacle('it has no saved memory');
  const confined = stopped.pump.confinement.findConfined(stopped.group);
  if (confined !== undefined) {
    return new Obstacle(
      `thread ${confined.tid} is confined by seccomp, and can make no calls for it`,
    );
  }
  if (isHidden(stopped.group)) return new Obstacle(HIDDEN);
  if (process_.sharing !== undefined) return new Obstacle(process_.sharing);
  stopped.pointTime = point.time;
  stopped.pointMs = point.madeMs;
  const plans: unknown[] = [];
  const claims: Claims[] = [];
  try {
    for (const [index, resource] of resources.all.entries()) {
      const own = new Claims();
      claims.push(own);
      const plan = resource.prepare(stopped, point.image[index], own);
      if (plan instanceof Obstacle) {
        giveBack(process_, claims);
        return plan;
      }
      plans.push(plan);
    }
    return { point, plans, claims, keeper: stopped.chooseCaller() };
  } catch (error) {
    giveBack(process_, claims);
    return new Obstacle(asBelayError(error).message);
  }
}

/** It is not to be done after all. */
export function abandon(process_: TracedProcess, prepared: Prepared): void {
  giveBack(process_, prepared.claims);
}

function giveBack({ stopped }: TracedProcess, claims: readonly Claims[]): void {
  try {
    for (const each of claims.toReversed()) each.release();
  } finally {
    stopped.endCalls();
  }
}

/** Go back. The process stays held still. Throws only what no look beforehand could have told. */
export function rollBack(process_: TracedProcess, prepared: Prepared, why: Why): RollbackResult {
  const { stopped, points, target } = process_;
  const { point, keeper, plans, claims } = prepared;
  stopped.pump.guard.enter(keeper, point.cd);
  stopped.isGoingBack = true;
  const kept = process_.keeps.map((range) => readKept(process_, range));
  // Now: a thread that was born since the point has fallen, and is about to end.
  const tid = stopped.ownIds.ownIdOf(why.tid ?? 0);
  const applied: Applied[] = [];
  const { all } = process_.watch();
  for (const [index, resource] of all.entries()) resource.loosen?.(stopped, plans[index]);
  for (const [index, resource] of all.entries()) {
    applied.push(resource.apply(stopped, plans[index]));
    claims[index]?.release();
  }
  stopped.endCalls();
  stopped.isGoingBack = false;
  points.dropNewerThan(point);
  const unkept = kept.filter((range) => !writeKept(process_, range)).map(nameUnkept);
  point.rollbacks += 1;
  const result = sum(applied, unkept);
  if (point.why !== 0) {
    const told = { ...why, tid, rollbacks: point.rollbacks, lost: lostBits(result.lost) };
    writeWhy(target, point.why, point.whySizeBytes, told);
  }
  stopped.pump.guard.leave(keeper);
  return result;
}

function sum(applied: readonly Applied[], unkept: readonly Named[]): RollbackResult {
  const counts: RollbackCounts = {
    pagesRestored: 0,
    pagesDropped: 0,
    mappingsRestored: 0,
    threadsEnded: 0,
    threadsRecreated: 0,
    descriptorsClosed: 0,
  };
  const lost: Named[] = [];
  for (const each of applied) {
    if (each.counts !== undefined) add(counts, each.counts);
    for (const named of each.lost ?? []) lost.push(named);
  }
  return { ...counts, lost: [...lost, ...unkept] };
}

function add(counts: RollbackCounts, own: Partial<RollbackCounts>): void {
  let name: keyof RollbackCounts;
  for (name in own) counts[name] += own[name] ?? 0;
}

interface Kept {
  readonly start: number;
  /** Its bytes, whatever the protection is; fewer, where some of it is not mapped any more. */
  readonly bytes: Buffer;
  readonly sizeBytes: number;
}

function readKept(process_: TracedProcess, { start, end }: Range): Kept {
  const sizeBytes = end - start;
  return { start, bytes: process_.target.forceRead(start, sizeBytes), sizeBytes };
}

/** Whether all of it was kept. What was left alone is: others may have written to it. */
function writeKept(process_: TracedProcess, { start, bytes, sizeBytes }: Kept): boolean {
  const parts = process_.watch().partsPutBack({ start, end: start + sizeBytes });
  return parts.every((part) => {
    const own = bytes.subarray(part.start - start, part.end - start);
    return own.length === part.end - part.start && process_.target.forceWrite(part.start, own);
  });
}

function nameUnkept({ start, sizeBytes }: Kept): Named {
  const end = start + sizeBytes;
  const range = `0x${start.toString(16)}-0x${end.toString(16)}`;
  const text = `bytes at ${range} could not all be kept`;
  return { bit: LOST.memory, text };
}
