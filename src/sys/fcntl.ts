/**
 * fcntl(2) on descriptors of our own.
 *
 * @see https://man7.org/linux/man-pages/man2/fcntl.2.html
 */
import { F_SETFL } from './descriptor-flags.ts';
import { checkInt, declare, errnoNow, toNumber } from './libc.ts';

const call = declare('int fcntl(int, int, uint64_t)');

/** `fcntl(fd, F_SETFL, flags)`: 0, or minus errno. */
export function setStatusFlags(fd: number, flags: number): number {
  return toNumber(call(checkInt(fd), F_SETFL, flags)) < 0 ? -errnoNow() : 0;
}
