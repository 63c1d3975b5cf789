/**
 * Runs programs under `bin/belay run`, as this user or as an ordinary one.
 */
import path from 'node:path';
import { ordinaryUserPrefix } from './ordinary-user.ts';
import { BIN_BELAY } from './paths.ts';
import { runProcess } from './run-process.ts';
import type { ProcessOptions, ProcessResult } from './run-process.ts';

export interface BelayOptions extends ProcessOptions {
  /** Options of `belay run`. */
  readonly options?: readonly string[];
}

/** `belay run OPTIONS -- COMMAND`, to its end. */
export function runUnderBelay(
  command: readonly string[],
  options: BelayOptions = {},
): Promise<ProcessResult> {
  return runBelay(['run', ...(options.options ?? []), '--', ...command], options);
}

/** `belay WORDS`, to its end. */
export function runBelay(
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return runProcess([BIN_BELAY, ...words], options);
}

/** `belay WORDS` as an ordinary user, from a checkout at `root` that this user can read. */
export function runBelayOrdinary(
  root: string,
  words: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const belay = [path.join(root, 'bin/belay'), ...words];
  // Root's own directories are of no use to an ordinary user, who finds a place under /tmp.
  const env = { ...(options.env ?? process.env), HOME: '/nonexistent' };
  Reflect.deleteProperty(env, 'XDG_RUNTIME_DIR');
  return runProcess(['env', ...ordinaryUserPrefix(), ...belay], { ...options, env });
}

/** `belay run OPTIONS -- COMMAND` as an ordinary user, from a checkout that this user can read. */
export function runUnderBelayOrdinary(
  root: string,
  command: readonly string[],
  options: BelayOptions = {},
): Promise<ProcessResult> {
  return runBelayOrdinary(root, ['run', ...(options.options ?? []), '--', ...command], options);
}
