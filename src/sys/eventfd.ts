/**
 * eventfd(2).
 *
 * @see https://man7.org/linux/man-pages/man2/eventfd.2.html
 */
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const EFD_SEMAPHORE = 1;
const EFD_CLOEXEC = 0o2000000;

const call = declare('int eventfd(uint, int)');
const write = declare('long write(int, uint64_t, ulong)');
const count = new NativeBuffer(8);

/** `int eventfd(0, flags | EFD_CLOEXEC)`: a descriptor, or minus errno. */
export function eventfd(flags: number): number {
  const fd = toNumber(call(0, flags | EFD_CLOEXEC));
  return fd < 0 ? -errnoNow() : fd;
}

/** Add to the counter of a descriptor of ours: 0, or minus errno. */
export function addToEventfd(fd: number, value: bigint): number {
  count.bytes.writeBigUInt64LE(value);
  return toNumber(write(fd, count.address, 8)) < 0 ? -errnoNow() : 0;
}
