/**
 * setsockopt(2).
 *
 * @see https://man7.org/linux/man-pages/man7/socket.7.html
 */
import { declare, errnoNow, NativeBuffer } from './libc.ts';

const SOL_SOCKET = 1;
const SO_LINGER = 13;
/** struct linger: on or off, seconds. */
const LINGER_SIZE = 8;
const VALUE_MAX = 16;

const setsockopt = declare('int setsockopt(int, int, int, uint64_t, uint)');
const off = new NativeBuffer(LINGER_SIZE);
const value = new NativeBuffer(VALUE_MAX);

/** `setsockopt(fd, level, name, bytes)`: 0, or minus errno. */
export function setOptionBytes(fd: number, level: number, name: number, bytes: Uint8Array): number {
  value.bytes.set(bytes.subarray(0, VALUE_MAX));
  return setsockopt(fd, level, name, value.address, bytes.length) === 0 ? 0 : -errnoNow();
}

/** `setsockopt(fd, SOL_SOCKET, name, int)`: 0, or minus errno. */
export function setSocketInt(fd: number, name: number, int: number): number {
  value.words[0] = int;
  return setsockopt(fd, SOL_SOCKET, name, value.address, 4) === 0 ? 0 : -errnoNow();
}

/** `setsockopt(fd, SOL_SOCKET, SO_LINGER, {0, 0})`: what is written goes out behind close(2). */
export function setNoLinger(fd: number): void {
  setsockopt(fd, SOL_SOCKET, SO_LINGER, off.address, LINGER_SIZE);
}
