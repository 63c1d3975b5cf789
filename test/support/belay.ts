/**
 * Runs programs under `bin/belay run`, as this user or as an ordinary one.
 */
import path from 'node:path';
import { ordinaryUserPrefix } from './ordinary-user.ts';
import { ROOT } from './paths.ts';
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
  return runProcess(belayCommand(ROOT, command, options), options);
}

/** The same as an ordinary user, from a checkout at `root` that this user can read. */
export function runUnderBelayOrdinary(
  root: string,
  command: readonly string[],
  options: BelayOptions = {},
): Promise<ProcessResult> {
  const belay = belayCommand(root, command, options);
  const [first = belay[0], ...rest] = [...ordinaryUserPrefix(), ...belay];
  // Root's own directories are of no use to an ordinary user, who finds a place under /tmp.
  const env = { ...(options.env ?? process.env), HOME: '/nonexistent' };
  Reflect.deleteProperty(env, 'XDG_RUNTIME_DIR');
  return runProcess([first, ...rest], { ...options, env });
}

function belayCommand(
  root: string,
  command: readonly string[],
  options: BelayOptions,
): [string, ...string[]] {
  const program = path.join(root, 'bin/belay');
  return [program, 'run', ...(options.options ?? []), '--', ...command];
}
