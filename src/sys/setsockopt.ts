/**
 * setsockopt(2).
 *
 * @see https://man7.org/linux/man-pages/man7/socket.7.html
 */
import { declare, NativeBuffer } from './libc.ts';

const SOL_SOCKET = 1;
const SO_LINGER = 13;
/** struct linger: on or off, seconds. */
const LINGER_SIZE = 8;

const setsockopt = declare('int setsockopt(int, int, int, uint64_t, uint)');
const off = new NativeBuffer(LINGER_SIZE);

/** `setsockopt(fd, SOL_SOCKET, SO_LINGER, {0, 0})`: what is written goes out behind close(2). */
export function setNoLinger(fd: number): void {
  setsockopt(fd, SOL_SOCKET, SO_LINGER, off.address, LINGER_SIZE);
}
