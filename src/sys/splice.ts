/**
 * Bytes from one pipe to another: tee(2) leaves them where they are, splice(2) takes them away.
 * Neither waits here, whatever the flags of the open files say.
 *
 * @see https://man7.org/linux/man-pages/man2/tee.2.html
 * @see https://man7.org/linux/man-pages/man2/splice.2.html
 */
import { declare, errnoNow, toNumber } from './libc.ts';

const SPLICE_F_NONBLOCK = 2;

const teeCall = declare('long tee(int, int, ulong, uint)');
const spliceCall = declare('long splice(int, uint64_t, int, uint64_t, ulong, uint)');

/** `tee(from, to, sizeBytes, SPLICE_F_NONBLOCK)`: bytes, or minus errno. */
export function tee(from: number, to: number, sizeBytes: number): number {
  const size = toNumber(teeCall(from, to, sizeBytes, SPLICE_F_NONBLOCK));
  return size < 0 ? -errnoNow() : size;
}

/** `splice(from, NULL, to, NULL, sizeBytes, SPLICE_F_NONBLOCK)`: bytes, or minus errno. */
export function splice(from: number, to: number, sizeBytes: number): number {
  const size = toNumber(spliceCall(from, 0, to, 0, sizeBytes, SPLICE_F_NONBLOCK));
  return size < 0 ? -errnoNow() : size;
}
