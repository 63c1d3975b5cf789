/**
 * Which paths and mounts lie on file systems that a process or another machine serves.
 *
 * While a program is stopped nothing may be asked of them: should the program itself be the server,
 * or somebody who waits for it, the answer never comes, and neither goes on.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { parseServedMounts, type ServedMount } from '../procfs/mountinfo.ts';

/** What a server of a file system has open. */
export const FUSE_DEVICE = '/dev/fuse';

/** Those that thread `tid` sees. */
export function readServedMounts(tid: number): readonly ServedMount[] {
  return parseServedMounts(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'));
}

/** Whether the way to `path` (latin1, from the root of the process) leads over one of them. */
export function isServed(mounts: readonly ServedMount[], path: string): boolean {
  return mounts.some(({ place }) => path === place || path.startsWith(`${place}/`));
}

/** Whether process `tid` is in seems to serve a file system itself. */
export function isServer(tid: number): boolean {
  const directory = `/proc/${tid}/fd`;
  try {
    return readdirSync(directory).some((fd) => readlinkSync(`${directory}/${fd}`) === FUSE_DEVICE);
  } catch {
    return false;
  }
}
