/**
 * fallocate(2), ftruncate(2) and lseek(2) for files with holes, as those of tmpfs are.
 *
 * Source: include/uapi/linux/falloc.h; lseek(2), "Seeking file data and holes".
 */
import { declare, errnoNow, toNumber } from './libc.ts';
import { lseek } from './file.ts';

const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const SEEK_END = 2;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

const fallocateCall = declare('int fallocate(int, int, long, long)');
const ftruncateCall = declare('int ftruncate(int, long)');

/** `fallocate(fd, FALLOC_FL_KEEP_SIZE, ...)`: room, also behind the end. 0, or minus errno. */
export function reserveRoom(fd: number, offset: number, sizeBytes: number): number {
  return toNumber(fallocateCall(fd, FALLOC_FL_KEEP_SIZE, offset, sizeBytes)) === 0
    ? 0
    : -errnoNow();
}

/** `fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, ...)`: 0, or minus errno. */
export function punchHole(fd: number, offset: number, sizeBytes: number): number {
  const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return toNumber(fallocateCall(fd, mode, offset, sizeBytes)) === 0 ? 0 : -errnoNow();
}

/** `int ftruncate(fd, size)`: 0, or minus errno. */
export function ftruncate(fd: number, sizeBytes: number): number {
  return toNumber(ftruncateCall(fd, sizeBytes)) === 0 ? 0 : -errnoNow();
}

/** The size of a file, by an open file of our own: its offset is moved. Or minus errno. */
export function seekSize(fd: number): number {
  return lseek(fd, 0, SEEK_END);
}

/** Where the next data begins, from `offset` on; minus errno (ENXIO) where there is none. */
export function seekData(fd: number, offset: number): number {
  return lseek(fd, offset, SEEK_DATA);
}

/** Where the data at `offset` ends: the next hole, or the end of the file. */
export function seekHole(fd: number, offset: number): number {
  return lseek(fd, offset, SEEK_HOLE);
}
