/**
 * Passing descriptors over a unix socket: sendmsg(2) and recvmsg(2) with SCM_RIGHTS.
 *
 * Source: unix(7), cmsg(3).
 *
 *   struct msghdr   0 name  8 namelen  16 iov  24 iovlen  32 control  40 controllen  48 flags
 *   struct cmsghdr  0 len   8 level   12 type  16 the descriptors
 */
import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const AF_UNIX = 1;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const CMSG_HEADER_SIZE = 16;
const DESCRIPTOR_SIZE = 4;
/** SCM_MAX_FD: as many as one message takes. */
export const DESCRIPTORS_MAX = 253;

/** Everything of a message in one piece: the header, one element of data, the control message. */
const AT = { iov: 56, data: 72, control: 80 } as const;
/** Where in a message the length of what came with it is: msg_controllen. */
const CONTROL_LENGTH_AT = 40;
const DESCRIPTORS_AT = AT.control + CMSG_HEADER_SIZE;

const sendmsg = declare('long sendmsg(int, uint64_t, int)');

/** Of one byte with so many descriptors: what a message takes. */
export function messageSize(count: number): number {
  return DESCRIPTORS_AT + controlSize(count) - CMSG_HEADER_SIZE;
}

/** In whole words of 64 bits. */
function controlSize(count: number): number {
  return (CMSG_HEADER_SIZE + count * DESCRIPTOR_SIZE + 7) & ~7;
}

/** A message of one byte with room for so many descriptors, which will lie at `address`. */
function fill(message: NativeBuffer, address: number, count: number): void {
  message.bytes.fill(0);
  message.setUint64(16, address + AT.iov);
  message.setUint64(24, 1);
  message.setUint64(32, address + AT.control);
  message.setUint64(CONTROL_LENGTH_AT, controlSize(count));
  message.setUint64(AT.iov, address + AT.data);
  message.setUint64(AT.iov + 8, 1);
}

/** The bytes of a message for recvmsg(2) at `address`, which another process will make. */
export function messageFor(address: number, count: number): Buffer {
  const message = new NativeBuffer(messageSize(count));
  fill(message, address, count);
  return message.bytes.subarray(0, messageSize(count));
}

/** The descriptors that came with a message: without room for all, fewer, or none. */
export function descriptorsIn(message: Buffer): number[] {
  if (message.readBigUInt64LE(CONTROL_LENGTH_AT) === 0n) return [];
  const end = AT.control + Number(message.readBigUInt64LE(AT.control));
  const found: number[] = [];
  for (let at = DESCRIPTORS_AT; at + DESCRIPTOR_SIZE <= end; at += DESCRIPTOR_SIZE) {
    found.push(message.readInt32LE(at));
  }
  return found;
}

/** `sendmsg(socket, one byte and our descriptors)`: 1, or minus errno. */
export function sendDescriptors(socket: number, fds: readonly number[]): number {
  const message = new NativeBuffer(messageSize(fds.length));
  fill(message, message.address, fds.length);
  message.setUint64(AT.control, CMSG_HEADER_SIZE + fds.length * DESCRIPTOR_SIZE);
  message.words[(AT.control + 8) >> 2] = SOL_SOCKET;
  message.words[(AT.control + 12) >> 2] = SCM_RIGHTS;
  fds.forEach((fd, index) => {
    message.words[(DESCRIPTORS_AT >> 2) + index] = checkInt(fd);
  });
  const size = toNumber(sendmsg(checkInt(socket), message.address, 0));
  return size < 0 ? -errnoNow() : size;
}
