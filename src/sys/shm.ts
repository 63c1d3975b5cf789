/**
 * System V shared memory, as the target's calls name it.
 *
 * Source: include/uapi/linux/shm.h; shmat(2), shmctl(2).
 */

export const SHM_RDONLY = 0o10000;
export const SHM_EXEC = 0o100000;
export const IPC_STAT = 2;

/** struct shmid_ds (shmid64_ds), and where the size of the segment lies in it. */
export const SHMID_DS_SIZE = 112;
export const SHM_SEGSZ_OFFSET = 48;
