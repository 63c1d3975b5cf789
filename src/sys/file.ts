/**
 * The few file calls of the hot path, by address: open(2), close(2), pread(2), pwrite(2), lseek(2),
 * getdents64(2). Elsewhere node:fs does.
 */
import { checkInt, declare, errnoNow, failed, NativeBuffer, toNumber } from './libc.ts';

const SYS_getdents64 = 217;
const O_CLOEXEC = 0o2000000;

export const O_RDONLY = 0;
export const O_RDWR = 2;
export const O_NONBLOCK = 0o4000;
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;

const openCall = declare('int open(const char *, int, uint)');
const openAddress = declare('int open(uint64_t, int, uint)');
const closeCall = declare('int close(int)');
const preadCall = declare('long pread(int, uint64_t, ulong, long)');
const pwriteCall = declare('long pwrite(int, uint64_t, ulong, long)');
const lseekCall = declare('long lseek(int, long, int)');
const syscall = declare('long syscall(long, int, uint64_t, ulong)');

/** `int open(path, flags | O_CLOEXEC)`: a descriptor, or minus errno. */
export function open(path: string, flags: number): number {
  const fd = toNumber(openCall(path, flags | O_CLOEXEC, 0));
  return fd < 0 ? -errnoNow() : fd;
}

/** As `open`, of a path that need not be text. */
export function openBytes(path: Buffer, flags: number): number {
  const native = new NativeBuffer(path.length + 1);
  path.copy(native.bytes);
  const fd = toNumber(openAddress(native.address, flags | O_CLOEXEC, 0));
  return fd < 0 ? -errnoNow() : fd;
}

/** As `open`, but throws SyscallError. */
export function openOrThrow(path: string, flags: number): number {
  const fd = toNumber(openCall(path, flags | O_CLOEXEC, 0));
  if (fd < 0) throw failed('open', { path });
  return fd;
}

/** `int close(fd)`. Errors are of no use to anybody here. */
export function close(fd: number): void {
  closeCall(checkInt(fd));
}

/** What `work` makes of a descriptor of ours, which is closed then; undefined: there is none. */
export function useAndClose<Result>(fd: number, work: (fd: number) => Result): Result | undefined {
  if (fd < 0) return undefined;
  try {
    return work(fd);
  } finally {
    close(fd);
  }
}

/** `ssize_t pread(fd, address, size, offset)`: bytes read, or minus errno. */
export function pread(fd: number, address: number, sizeBytes: number, offset: number): number {
  const size = toNumber(preadCall(fd, address, sizeBytes, offset));
  return size < 0 ? -errnoNow() : size;
}

/** `ssize_t pwrite(fd, address, size, offset)`: bytes written, or minus errno. */
export function pwrite(fd: number, address: number, sizeBytes: number, offset: number): number {
  const size = toNumber(pwriteCall(fd, address, sizeBytes, offset));
  return size < 0 ? -errnoNow() : size;
}

/** `off_t lseek(fd, offset, whence)`: the new offset, or minus errno. */
export function lseek(fd: number, offset: number, whence: number): number {
  const position = toNumber(lseekCall(fd, offset, whence));
  return position < 0 ? -errnoNow() : position;
}

/** `ssize_t getdents64(fd, address, size)`: bytes of entries, 0 at the end, or minus errno. */
export function getdents64(fd: number, address: number, sizeBytes: number): number {
  const size = toNumber(syscall(SYS_getdents64, fd, address, sizeBytes));
  return size < 0 ? -errnoNow() : size;
}
