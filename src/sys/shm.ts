/**
 * System V shared memory, as the target's calls name it, and as we ask for it.
 *
 * Source: include/uapi/linux/shm.h; shmat(2), shmctl(2).
 */

import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const SHM_RDONLY = 0o10000;
export const SHM_EXEC = 0o100000;
export const IPC_STAT = 2;

/** struct shmid_ds (shmid64_ds), and where the size of the segment lies in it. */
export const SHMID_DS_SIZE = 112;
export const SHM_SEGSZ_OFFSET = 48;
const SHM_NATTCH_OFFSET = 88;

const shmctl = declare('int shmctl(int, int, uint64_t)');

/** How often a segment of our own IPC namespace is attached, or minus errno. */
export function countAttachments(id: number): number {
  const status = new NativeBuffer(SHMID_DS_SIZE);
  if (toNumber(shmctl(checkInt(id), IPC_STAT, status.address)) !== 0) return -errnoNow();
  return status.getUint64(SHM_NATTCH_OFFSET);
}
