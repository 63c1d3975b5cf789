/**
 * What a socket is called, to whom it sends, and whether it listens: getsockname(2), bind(2),
 * connect(2), listen(2).
 *
 * @see https://man7.org/linux/man-pages/man2/getsockname.2.html
 * @see https://man7.org/linux/man-pages/man2/bind.2.html
 * @see https://man7.org/linux/man-pages/man2/listen.2.html
 */
import { at } from '../at.ts';
import { getOptionBytes } from './getsockopt.ts';
import { declare, errnoNow, NativeBuffer } from './libc.ts';
import { setOptionBytes, setSocketInt } from './setsockopt.ts';
import { disconnect } from './shutdown.ts';

/** struct sockaddr_storage. */
const ADDRESS_MAX = 128;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const SO_BINDTOIFINDEX = 62;
const IPPROTO_IP = 0;
const IP_BIND_ADDRESS_NO_PORT = 24;

const getsockname = declare('int getsockname(int, uint64_t, uint64_t)');
const bindCall = declare('int bind(int, uint64_t, uint)');
const connectCall = declare('int connect(int, uint64_t, uint)');
const listenCall = declare('int listen(int, int)');
const address = new NativeBuffer(ADDRESS_MAX);
const size = new NativeBuffer(8);
const value = new NativeBuffer(4);

/** `getsockname(fd)`: struct sockaddr; of no bytes where it is refused. */
export function getSocketAddress(fd: number): Buffer {
  size.words[0] = ADDRESS_MAX;
  if (getsockname(fd, address.address, size.address) !== 0) return Buffer.alloc(0);
  return Buffer.from(address.bytes.subarray(0, Math.min(at(size.words, 0), ADDRESS_MAX)));
}

/** `bind(fd, name)`: 0, or minus errno. */
export function bindSocket(fd: number, name: Uint8Array): number {
  return withAddress(name, (sizeBytes) => bindCall(fd, address.address, sizeBytes));
}

/** `connect(fd, name)` of one that has not to wait for an answer: 0, or minus errno. */
export function connectSocket(fd: number, name: Uint8Array): number {
  return withAddress(name, (sizeBytes) => connectCall(fd, address.address, sizeBytes));
}

/** `listen(fd, backlog)`: false when refused. */
export function listenOn(fd: number, backlog: number): boolean {
  return listenCall(fd, backlog) === 0;
}

function withAddress(name: Uint8Array, call: (sizeBytes: number) => unknown): number {
  address.bytes.set(name.subarray(0, ADDRESS_MAX));
  return call(Math.min(name.length, ADDRESS_MAX)) === 0 ? 0 : -errnoNow();
}

/** `connect(fd, AF_UNSPEC)`, and bound to the same device as before: false when refused. */
export function disconnectOnDevice(fd: number): boolean {
  const device = getInt(fd, SOL_SOCKET, SO_BINDTOIFINDEX);
  const isDone = disconnect(fd);
  if (device > 0 && getInt(fd, SOL_SOCKET, SO_BINDTOIFINDEX) !== device) {
    setSocketInt(fd, SO_BINDTOIFINDEX, device);
  }
  return isDone;
}

/** `bind(fd, name)`, where that has no port, and the kernel is to choose none. */
export function bindWithoutPort(fd: number, name: Uint8Array): boolean {
  const before = getInt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  const set = (int: number): boolean => {
    value.words[0] = int;
    return setOptionBytes(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, value.bytes) === 0;
  };
  const isBound = set(1) && bindSocket(fd, name) === 0;
  if (before === 0) set(0);
  return isBound;
}

/** SO_REUSEPORT: others may have the same port, and share what comes. */
export function isPortShared(fd: number): boolean {
  return getInt(fd, SOL_SOCKET, SO_REUSEPORT) !== 0;
}

function getInt(fd: number, level: number, name: number): number {
  return getOptionBytes(fd, level, name, value) === 4 ? at(value.words, 0) : 0;
}
