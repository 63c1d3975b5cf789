/**
 * pipe2(2), and what fcntl(2) and ioctl(2) tell of a pipe and set.
 *
 * @see https://man7.org/linux/man-pages/man2/pipe.2.html
 * @see https://man7.org/linux/man-pages/man7/pipe.7.html
 */
import { SyscallError } from '../errors.ts';
import { F_SETFL, O_CLOEXEC, O_DIRECT, O_NONBLOCK } from './descriptor-flags.ts';
import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const FIONREAD = 0x541b;

const pipe2 = declare('int pipe2(uint64_t, int)');
const fcntl = declare('int fcntl(int, int, int)');
const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const readCall = declare('long read(int, uint64_t, ulong)');
const writeCall = declare('long write(int, uint64_t, ulong)');
const count = new NativeBuffer(8);

export interface PipeEnds {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** `pipe2(ends, O_CLOEXEC | flags)`. Throws SyscallError. */
export function openPipe(flags = 0): PipeEnds {
  const ends = new NativeBuffer(8);
  if (pipe2(ends.address, O_CLOEXEC | flags) !== 0) {
    throw new SyscallError('cannot make a pipe', { syscall: 'pipe2', errno: errnoNow() });
  }
  return { readEnd: ends.bytes.readInt32LE(0), writeEnd: ends.bytes.readInt32LE(4) };
}

/** `fcntl(fd, F_SETFL)` for the end of a pipe of ours: whether each write is a packet. */
export function setPacketMode(fd: number, isOn: boolean): void {
  fcntl(fd, F_SETFL, O_NONBLOCK | (isOn ? O_DIRECT : 0));
}

/** `fcntl(fd, F_GETPIPE_SZ)`: bytes, or minus errno. */
export function getPipeSize(fd: number): number {
  const size = toNumber(fcntl(checkInt(fd), F_GETPIPE_SZ, 0));
  return size < 0 ? -errnoNow() : size;
}

/** `fcntl(fd, F_SETPIPE_SZ, sizeBytes)`: the size it has then, or minus errno. */
export function setPipeSize(fd: number, sizeBytes: number): number {
  const size = toNumber(fcntl(checkInt(fd), F_SETPIPE_SZ, checkInt(sizeBytes)));
  return size < 0 ? -errnoNow() : size;
}

/** `ioctl(fd, FIONREAD)`: bytes that can be read of a pipe or a socket, or minus errno. */
export function readableBytes(fd: number): number {
  return toNumber(ioctl(fd, FIONREAD, count.address)) < 0 ? -errnoNow() : count.getUint64(0);
}

/** `read(fd, address, sizeBytes)`: bytes, or minus errno. */
export function readPipe(fd: number, address: number, sizeBytes: number): number {
  const size = toNumber(readCall(fd, address, sizeBytes));
  return size < 0 ? -errnoNow() : size;
}

/** `write(fd, address, sizeBytes)`: bytes, or minus errno. */
export function writePipe(fd: number, address: number, sizeBytes: number): number {
  const size = toNumber(writeCall(fd, address, sizeBytes));
  return size < 0 ? -errnoNow() : size;
}
