/** The whole operations on a process: stop it, do the work, let it go. */
import { asBelayError, type BelayError } from '../errors.ts';
import { TargetGoneError } from '../tracee/remote-calls.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import { makePoint, type CheckpointRequest } from './checkpoint.ts';
import { findObstacle, rollBack, type RollbackResult } from './rollback.ts';
import type { Point, TracedProcess } from './traced-process.ts';
import type { Why } from './why.ts';

/** A point that was made, or why none was. */
export type CheckpointOutcome =
  { readonly ok: true; readonly point: Point } | { readonly ok: false; readonly error: BelayError };

/**
 * What came of a rollback: done, refused with nothing touched, or failed and the process killed.
 */
export type RollbackOutcome =
  | { readonly kind: 'done'; readonly result: RollbackResult }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: BelayError };

/** Freeze the process and make a point. The process stays frozen. */
export function checkpoint(
  pump: EventPump,
  process_: TracedProcess,
  request: CheckpointRequest,
): CheckpointOutcome {
  if (!pump.freeze(process_.group)) {
    return { ok: false, error: new TargetGoneError(process_.pid) };
  }
  process_.resources?.mappings.thaw();
  try {
    return { ok: true, point: makePoint(pump, process_, request) };
  } catch (error) {
    return { ok: false, error: asBelayError(error) };
  }
}

/** Put the frozen process back on `point`. It stays frozen. */
export function goBack(
  pump: EventPump,
  process_: TracedProcess,
  point: Point,
  why: Why,
): RollbackOutcome {
  const obstacle = findObstacle(process_, point);
  if (obstacle !== undefined) return { kind: 'refused', reason: obstacle };
  try {
    return { kind: 'done', result: rollBack(pump, process_, point, why) };
  } catch (error) {
    return { kind: 'failed', error: asBelayError(error) };
  }
}
