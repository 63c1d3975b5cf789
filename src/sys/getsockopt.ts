/**
 * getsockopt(2) for the time limits and the kind of a socket, and who is at its other end; and
 * setsockopt(2) for what is changed for a moment while the program stands still.
 *
 * @see https://man7.org/linux/man-pages/man7/socket.7.html
 */
import { at } from '../at.ts';
import { declare, errnoNow, NativeBuffer } from './libc.ts';

const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_PROTOCOL = 38;
const SO_SNDBUF = 7;
const SO_ACCEPTCONN = 30;
const SO_PASSCRED = 16;
const SO_PEERCRED = 17;
const SO_SNDBUFFORCE = 32;
const SO_PASSSEC = 34;
const SO_DOMAIN = 39;
const SO_PEEK_OFF = 42;
const SO_PASSPIDFD = 76;
const AF_UNIX = 1;
/** struct ucred: pid, uid, gid. */
const UCRED_SIZE = 12;
const SOCK_STREAM = 1;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
const TIMEVAL_SIZE = 16;

/** AF_UNIX has the longest: struct sockaddr_un, and the NUL that is put behind a path. */
const ADDRESS_MAX = 112;

const getpeername = declare('int getpeername(int, uint64_t, uint64_t)');
const address = new NativeBuffer(ADDRESS_MAX);
const getsockopt = declare('int getsockopt(int, int, int, uint64_t, uint64_t)');
const setsockopt = declare('int setsockopt(int, int, int, uint64_t, uint)');
const value = new NativeBuffer(TIMEVAL_SIZE);
const size = new NativeBuffer(8);

/** `getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO)`: milliseconds; 0: no limit, or not a socket. */
export function getSocketTimeoutMs(fd: number, option: number): number {
  size.words[0] = TIMEVAL_SIZE;
  if (getsockopt(fd, SOL_SOCKET, option, value.address, size.address) !== 0) return 0;
  return value.getUint64(0) * 1000 + value.getUint64(8) / 1000;
}

/** `getsockopt(fd, SOL_SOCKET, SO_TYPE)` is SOCK_STREAM. */
export function isStreamSocket(fd: number): boolean {
  return getIntOption(fd, SO_TYPE) === SOCK_STREAM;
}

/** `getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN)`: it listens. */
export function isListening(fd: number): boolean {
  return getIntOption(fd, SO_ACCEPTCONN) === 1;
}

/** `getsockopt(fd, SOL_SOCKET, SO_DOMAIN)` is AF_UNIX. */
export function isUnixSocket(fd: number): boolean {
  return getIntOption(fd, SO_DOMAIN) === AF_UNIX;
}

/** SO_PASSCRED, SO_PASSSEC or SO_PASSPIDFD: who sent a message is told to whoever receives it. */
export function tellsSender(fd: number): boolean {
  return [SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD].some((option) => getIntOption(fd, option) === 1);
}

/** SO_PEEK_OFF: where the next look begins; -1: always at the front. */
export function getPeekOffset(fd: number): number {
  return (getIntOption(fd, SO_PEEK_OFF) ?? -1) | 0;
}

export function setPeekOffset(fd: number, offset: number): boolean {
  return setIntOption(fd, SO_PEEK_OFF, offset);
}

/** SO_SNDBUF: bytes, as the kernel counts them; 0: not a socket. */
export function getSendBuffer(fd: number): number {
  return getIntOption(fd, SO_SNDBUF) ?? 0;
}

/** The same as `getSendBuffer` says; false where the limit does not allow for it. */
export function setSendBuffer(fd: number, sizeBytes: number): boolean {
  const half = Math.ceil(sizeBytes / 2);
  if (setIntOption(fd, SO_SNDBUFFORCE, half)) return true;
  return setIntOption(fd, SO_SNDBUF, half) && getSendBuffer(fd) >= sizeBytes;
}

function setIntOption(fd: number, option: number, wanted: number): boolean {
  value.words[0] = wanted;
  return setsockopt(fd, SOL_SOCKET, option, value.address, 4) === 0;
}

function getIntOption(fd: number, option: number): number | undefined {
  size.words[0] = 4;
  if (getsockopt(fd, SOL_SOCKET, option, value.address, size.address) !== 0) return undefined;
  return value.words[0];
}

export interface SocketType {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
}

/** SO_DOMAIN, SO_TYPE and SO_PROTOCOL; undefined: it is no socket. */
export function getSocketType(fd: number): SocketType | undefined {
  const domain = getIntOption(fd, SO_DOMAIN);
  if (domain === undefined) return undefined;
  return {
    domain,
    type: getIntOption(fd, SO_TYPE) ?? 0,
    protocol: getIntOption(fd, SO_PROTOCOL) ?? 0,
  };
}

/** `getsockopt(fd, level, name)` into a buffer: how many bytes it has, or minus errno. */
export function getOptionBytes(
  fd: number,
  level: number,
  name: number,
  into: NativeBuffer,
): number {
  size.words[0] = into.bytes.length;
  if (getsockopt(fd, level, name, into.address, size.address) !== 0) return -errnoNow();
  return at(size.words, 0);
}

/** `getpeername(fd)`: struct sockaddr; undefined: it is not connected. */
export function getPeerAddress(fd: number): Buffer | undefined {
  size.words[0] = ADDRESS_MAX;
  if (getpeername(fd, address.address, size.address) !== 0) return undefined;
  return Buffer.from(address.bytes.subarray(0, Math.min(at(size.words, 0), ADDRESS_MAX)));
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
}

/** `getsockopt(fd, SOL_SOCKET, SO_PEERCRED)`: who listens; undefined where that is not known. */
export function getPeerCredentials(fd: number): PeerCredentials | undefined {
  size.words[0] = UCRED_SIZE;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value.address, size.address) !== 0) return undefined;
  const [pid = 0, uid = 0] = value.words;
  return { pid, uid };
}
