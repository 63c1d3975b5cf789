/** The whole operations on a process: stop it, do the work, let it go. */
import { asBelayError, type BelayError } from '../errors.ts';
import type { Point } from '../points/point.ts';
import { TargetGoneError } from '../tracee/remote-calls.ts';
import { makePoint, type CheckpointRequest } from './checkpoint.ts';
import { rollBack, type Prepared, type RollbackResult } from './rollback.ts';
import type { TracedProcess } from './traced-process.ts';
import type { Why } from './why.ts';

/** A point that was made, or why none was. */
export type CheckpointOutcome =
  { readonly ok: true; readonly point: Point } | { readonly ok: false; readonly error: BelayError };

/** What came of a rollback: done, or failed and the process is to be killed. */
export type RollbackOutcome =
  | { readonly ok: true; readonly result: RollbackResult }
  | { readonly ok: false; readonly error: BelayError };

/** Stop every thread; false when the process has gone or exec'd meanwhile. */
export function hold({ stopped, group }: TracedProcess): boolean {
  const isHeld = stopped.pump.hold(group);
  stopped.renew();
  return isHeld;
}

/** Hold the process and make a point. The process stays held. */
export function checkpoint(process_: TracedProcess, request: CheckpointRequest): CheckpointOutcome {
  if (!hold(process_)) return { ok: false, error: new TargetGoneError(process_.pid) };
  try {
    return { ok: true, point: makePoint(process_, request) };
  } catch (error) {
    return { ok: false, error: asBelayError(error) };
  }
}

/** Put the process, which is held, on the point that was prepared for. It stays held. */
export function goBack(process_: TracedProcess, prepared: Prepared, why: Why): RollbackOutcome {
  try {
    return { ok: true, result: rollBack(process_, prepared, why) };
  } catch (error) {
    return { ok: false, error: asBelayError(error) };
  }
}
