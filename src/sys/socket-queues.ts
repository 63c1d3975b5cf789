/**
 * SIOCINQ and SIOCOUTQ: what waits in a socket.
 *
 * @see https://man7.org/linux/man-pages/man7/tcp.7.html
 */
import { declare, NativeBuffer, toNumber } from './libc.ts';

const SIOCINQ = 0x541b;
const SIOCOUTQ = 0x5411;

const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const count = new NativeBuffer(4);

/** `ioctl(fd, SIOCINQ)`: bytes that came and were not read; of datagrams the next one's. */
export function readUnread(fd: number): number {
  return ask(fd, SIOCINQ);
}

/** `ioctl(fd, SIOCOUTQ)`: of TCP what was written and is not acknowledged, in bytes. */
export function readQueued(fd: number): number {
  return ask(fd, SIOCOUTQ);
}

function ask(fd: number, request: number): number {
  if (toNumber(ioctl(fd, request, count.address)) !== 0) return 0;
  return count.bytes.readInt32LE(0);
}
