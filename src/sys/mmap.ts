/**
 * mmap(2) of anonymous memory of our own: outside V8, so that its collector never counts it.
 *
 * @see https://man7.org/linux/man-pages/man2/mmap.2.html
 */
import { MADV_DONTNEED } from './madvise.ts';
import { declare, errnoNow, failed, NativeBuffer, toNumber } from './libc.ts';

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const PROT_EXEC = 4;
export const MAP_SHARED = 0x1;
export const MAP_PRIVATE = 0x2;
export const MAP_DROPPABLE = 0x8;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_GROWSDOWN = 0x100;
export const MAP_NORESERVE = 0x4000;
const MAP_POPULATE = 0x8000;
export const MAP_FIXED_NOREPLACE = 0x100000;
export const MLOCK_ONFAULT = 1;
export const MREMAP_MAYMOVE = 1;
export const MREMAP_FIXED = 2;

const mmap = declare('int64_t mmap(uint64_t, ulong, int, int, int, long)');
const munmap = declare('int munmap(uint64_t, ulong)');

/** `mmap(NULL, size, RW, PRIVATE | ANONYMOUS)`: the address. Throws SyscallError (ENOMEM). */
export function mmapAnonymous(sizeBytes: number, isPopulated: boolean): number {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (isPopulated ? MAP_POPULATE : 0);
  const address = toNumber(mmap(0, sizeBytes, PROT_READ | PROT_WRITE, flags, -1, 0));
  if (address === -1) throw failed('mmap');
  return address;
}

/**
 * Whether `mmap(NULL, size, protection, flags, fd, offset)` works: 0, or the positive errno. What
 * it maps is unmapped at once, and nothing in it is touched.
 */
export function tryMmap(
  sizeBytes: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  const address = toNumber(mmap(0, sizeBytes, protection, flags, fd, offset));
  if (address === -1) return errnoNow();
  munmap(address, sizeBytes);
  return 0;
}

/** `munmap(address, size)`. */
export function munmapOwn(address: number, sizeBytes: number): void {
  munmap(address, sizeBytes);
}

const madvise = declare('int madvise(uint64_t, ulong, int)');

/**
 * `madvise(address, size, MADV_DONTNEED)` on our own memory: pages of files come back when used.
 */
export function madviseDontneed(address: number, sizeBytes: number): void {
  madvise(address, sizeBytes, MADV_DONTNEED);
}

const memcmp = declare('int memcmp(uint64_t, uint64_t, ulong)');

/** Whether `sizeBytes` of our own memory at `address` are zeros. */
export function isZeroMemory(address: number, sizeBytes: number): boolean {
  const zeros = new NativeBuffer(8);
  const size = Math.min(sizeBytes, 8);
  if (memcmp(address, zeros.address, size) !== 0) return false;
  return memcmp(address, address + size, sizeBytes - size) === 0;
}

/** Whether `sizeBytes` of our own memory are the same at both addresses. */
export function isSameMemory(one: number, other: number, sizeBytes: number): boolean {
  return memcmp(one, other, sizeBytes) === 0;
}

const memcpy = declare('uint64_t memcpy(uint64_t, uint64_t, ulong)');

/** Copy `sizeBytes` of our own memory; the two must not overlap. */
export function copyMemory(to: number, from: number, sizeBytes: number): void {
  memcpy(to, from, sizeBytes);
}

const memset = declare('uint64_t memset(uint64_t, int, ulong)');

/** Make `sizeBytes` of our own memory zeros. */
export function clearMemory(address: number, sizeBytes: number): void {
  memset(address, 0, sizeBytes);
}
