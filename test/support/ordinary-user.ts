/**
 * An ordinary user for tests that root runs, and a checkout that this user can read, in a directory
 * with a name that must be quoted.
 */
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './paths.ts';

/** `nobody`: on every system, and with no rights that anybody gave it. */
const ORDINARY_UID = 65534;

export interface OrdinaryCheckout {
  readonly root: string;
  remove(): Promise<void>;
}

/** What `belay run` and the target programs need of a checkout. */
const NEEDED = ['bin', 'include', 'python', 'src', 'package.json', 'build', 'node_modules'];

/** The words before a command that make it run as the ordinary user; none when we are one. */
export function ordinaryUserPrefix(): string[] {
  if (process.getuid?.() !== 0) return [];
  return ['setpriv', `--reuid=${ORDINARY_UID}`, `--regid=${ORDINARY_UID}`, '--clear-groups'];
}

/**
 * A copy of this checkout that the ordinary user can read, in a directory whose name has a space.
 * Compile the targets before; call `remove` at the end.
 */
export async function openOrdinaryCheckout(): Promise<OrdinaryCheckout> {
  const root = await mkdtemp(path.join(os.tmpdir(), "belay's checkout "));
  await chmod(root, 0o755);
  for (const name of NEEDED) {
    await cp(path.join(ROOT, name), path.join(root, name), { recursive: true });
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
