/**
 * System V shared memory, as the target's calls name it, and as we ask for it.
 *
 * Source: include/uapi/linux/shm.h; shmat(2), shmctl(2).
 */
import { at } from '../at.ts';
import { parseIpcRights, type IpcRights } from './ipc-perm.ts';
import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const SHM_RDONLY = 0o10000;
export const SHM_EXEC = 0o100000;
export const IPC_STAT = 2;
const SHM_STAT = 13;
const SHM_INFO = 14;

/** struct shmid_ds (shmid64_ds), and where the size of the segment lies in it. */
export const SHMID_DS_SIZE = 112;
export const SHM_SEGSZ_OFFSET = 48;
const SHM_CPID_WORD = 20;
const SHM_LPID_WORD = 21;
const SHM_NATTCH_OFFSET = 88;

const shmctl = declare('int shmctl(int, int, uint64_t)');
const status = new NativeBuffer(SHMID_DS_SIZE);

/** How often a segment of our own IPC namespace is attached, or minus errno. */
export function countAttachments(id: number): number {
  const status = new NativeBuffer(SHMID_DS_SIZE);
  if (toNumber(shmctl(checkInt(id), IPC_STAT, status.address)) !== 0) return -errnoNow();
  return status.getUint64(SHM_NATTCH_OFFSET);
}

/** `shmctl(0, SHM_INFO)`: the highest place of a segment; -1: there is none. */
export function findLastSegment(): number {
  const highest = toNumber(shmctl(0, SHM_INFO, status.address));
  // The list has a first place also when nothing is there.
  return at(status.words, 0) === 0 ? -1 : highest;
}

export interface SegmentStatus {
  readonly id: number;
  readonly rights: IpcRights;
  /** Who made it, and who attached or detached it last. */
  readonly pids: readonly number[];
}

/** `shmctl(place, SHM_STAT)`; undefined: none is there, or it is not ours to see. */
export function readSegment(place: number): SegmentStatus | undefined {
  const id = toNumber(shmctl(checkInt(place), SHM_STAT, status.address));
  if (id < 0) return undefined;
  const { words } = status;
  const pids = [at(words, SHM_CPID_WORD), at(words, SHM_LPID_WORD)];
  return { id, rights: parseIpcRights(status.bytes), pids };
}
