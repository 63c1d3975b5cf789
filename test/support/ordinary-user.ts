/**
 * An ordinary user for tests that root runs, and a checkout that this user can read, in a directory
 * with a name that must be quoted.
 */
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from './paths.ts';

/** `nobody`: on every system, and with no rights that anybody gave it. */
const ORDINARY_UID = 65534;

export interface OrdinaryCheckout {
  readonly root: string;
  remove(): Promise<void>;
}

/** What `belay run` and the target programs need of a checkout, beside the packages. */
const NEEDED = ['bin', 'include', 'python', 'src', 'package.json', 'build'];

/**
 * Headers, manuals and npm: two thirds of the files that come with Node. And what other tests are
 * compiling, which is gone a moment later.
 */
const NOT_NEEDED = /\/node_modules\/node-linux-[^/]+\/(include|lib|share)$|\/build\/.*\.\d+$/;

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
  await mkdir(path.join(root, 'node_modules/.bin'), { recursive: true });
  for (const name of [...NEEDED, ...(await listPackages()), 'node_modules/.bin/node']) {
    await cp(path.join(ROOT, name), path.join(root, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from) => !NOT_NEEDED.test(from),
    });
  }
  // As in a checkout of its own, so that what Node compiles once is kept.
  if (process.getuid?.() === 0) await chown(path.join(root, 'node_modules'), ORDINARY_UID, -1);
  return { root, remove: () => rm(root, { recursive: true, force: true, maxRetries: 10 }) };
}

/** The packages that are not only for development, by the lock file. */
async function listPackages(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { readonly dev?: boolean }>;
  };
  return Object.entries(packages)
    .filter(([place, { dev }]) => place.startsWith('node_modules/') && dev !== true)
    .map(([place]) => place)
    .filter((place) => existsSync(path.join(ROOT, place)));
}
