/**
 * signalfd(2).
 *
 * @see https://man7.org/linux/man-pages/man2/signalfd.2.html
 */
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SFD_CLOEXEC = 0o2000000;
/** sigset_t of libc, of which the kernel takes the first 8 bytes. */
const SIGSET_SIZE = 128;

const call = declare('int signalfd(int, uint64_t, int)');
const set = new NativeBuffer(SIGSET_SIZE);

/** `int signalfd(-1, mask, SFD_CLOEXEC)`, bit n - 1 for signal n: a descriptor, or minus errno. */
export function signalfd(mask: bigint): number {
  set.bytes.writeBigUInt64LE(mask);
  const fd = toNumber(call(-1, set.address, SFD_CLOEXEC));
  return fd < 0 ? -errnoNow() : fd;
}
