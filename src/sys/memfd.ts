/**
 * Files that are memory: those of tmpfs, and their seals.
 *
 * Source: memfd_create(2), fcntl(2) "File Sealing"; include/uapi/linux/{fcntl,magic}.h.
 */
import { statfsSync } from 'node:fs';
import { checkInt, declare, toNumber } from './libc.ts';

const TMPFS_MAGIC = 0x01021994;
const F_GET_SEALS = 1034;

export const F_SEAL_SHRINK = 2;
export const F_SEAL_GROW = 4;
export const F_SEAL_WRITE = 8;
export const F_SEAL_FUTURE_WRITE = 16;

const fcntl = declare('int fcntl(int, int)');

/** Whether our descriptor `fd` is of a file of tmpfs: also a memfd, or memory without a name. */
export function isOfTmpfs(fd: number): boolean {
  return statfsSync(`/proc/self/fd/${fd}`).type === TMPFS_MAGIC;
}

/** `fcntl(fd, F_GET_SEALS)`; 0 where files of its kind have none. */
export function getSeals(fd: number): number {
  return Math.max(toNumber(fcntl(checkInt(fd), F_GET_SEALS)), 0);
}
