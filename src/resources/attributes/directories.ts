/**
 * The working directory and the root: which they are is told by device, inode and mount, and where
 * they are by their paths. None is held open: its mount could not be unmounted (EBUSY).
 */
import { readlinkSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import { statKnownLink } from '../../sys/statx.ts';
import { isServed, readServedMounts } from '../served-files.ts';
import type { Stopped } from '../stopped.ts';
import type { DirectoryImage } from './attributes-image.ts';

const DELETED = ' (deleted)';

/** @param link in /proc; `before` when it leads to the same; undefined: it cannot be looked at */
export function readDirectory(
  link: string,
  before: DirectoryImage | undefined,
): DirectoryImage | undefined {
  const status = statKnownLink(link);
  if (status === undefined) return undefined;
  const { dev: device, ino: inode, mountId } = status;
  if (before?.device === device && before.inode === inode && before.mountId === mountId) {
    return before;
  }
  return { device, inode, mountId, path: readPath(link) };
}

export function isSameDirectory(
  one: DirectoryImage | undefined,
  other: DirectoryImage | undefined,
): boolean {
  return (
    one?.device === other?.device && one?.inode === other?.inode && one?.mountId === other?.mountId
  );
}

/** Have the program go there by its path; in words why it is not there, or undefined. */
export function changeDirectory(stopped: Stopped, wanted: DirectoryImage): string | undefined {
  const { living } = stopped;
  const root = readPath(`/proc/${living}/root`);
  const path = pathIn(root, wanted.path);
  const name = Buffer.from(wanted.path, 'latin1').toString();
  if (path === undefined || wanted.path.endsWith(DELETED)) return `${name} is out of reach`;
  // Whoever answers there may be the program itself, which stands still.
  if (isServed(readServedMounts(living), path)) return `${name} is served by somebody`;
  const { calls, scratch } = stopped.remote();
  const before = readDirectory(`/proc/${living}/cwd`, undefined);
  const enter = (where: string): number =>
    calls.call(SYS.chdir, scratch.put(Buffer.from(`${where}\0`, 'latin1')));
  if (enter(path) < 0) return `${name} is not there, or may not be entered`;
  if (isSameDirectory(readDirectory(`/proc/${living}/cwd`, undefined), wanted)) return undefined;
  // Something else has its name now: better nowhere new.
  const back = before === undefined ? undefined : pathIn(root, before.path);
  if (back !== undefined) enter(back);
  return `${name} is another directory now`;
}

function readPath(link: string): string {
  try {
    return readlinkSync(link, 'latin1');
  } catch {
    return '';
  }
}

/** As the program names what we call `path`; undefined: it is not below its root. */
function pathIn(root: string, path: string): string | undefined {
  if (!path.startsWith('/')) return undefined;
  if (root === '/' || root === '') return path;
  if (path === root) return '/';
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}
