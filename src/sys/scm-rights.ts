/**
 * Passing a descriptor over a unix socket: sendmsg(2) and recvmsg(2) with SCM_RIGHTS.
 *
 * Source: unix(7), cmsg(3).
 *
 *   struct msghdr   0 name  8 namelen  16 iov  24 iovlen  32 control  40 controllen  48 flags
 *   struct cmsghdr  0 len   8 level   12 type  16 the descriptor
 */
import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const AF_UNIX = 1;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0o2000000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const CMSG_LENGTH = 20;

/** Everything of a message in one piece: the header, one element of data, the control message. */
export const MESSAGE_SIZE = 112;
const AT = { iov: 56, data: 72, control: 80 } as const;
/** Where in a message the length of what came with it is: msg_controllen. */
export const CONTROL_LENGTH_AT = 40;
/** Where in a message the descriptor is. */
export const DESCRIPTOR_AT = AT.control + 16;

const sendmsg = declare('long sendmsg(int, uint64_t, int)');

/** A message of one byte with room for one descriptor, which will lie at `address`. */
function fill(message: NativeBuffer, address: number): void {
  message.bytes.fill(0);
  message.setUint64(16, address + AT.iov);
  message.setUint64(24, 1);
  message.setUint64(32, address + AT.control);
  message.setUint64(40, 24);
  message.setUint64(AT.iov, address + AT.data);
  message.setUint64(AT.iov + 8, 1);
}

/** The bytes of a message for recvmsg(2) at `address`, which another process will make. */
export function messageFor(address: number): Buffer {
  const message = new NativeBuffer(MESSAGE_SIZE);
  fill(message, address);
  return message.bytes;
}

/** `sendmsg(socket, one byte and our descriptor `fd`)`: 1, or minus errno. */
export function sendDescriptor(socket: number, fd: number): number {
  const message = new NativeBuffer(MESSAGE_SIZE);
  fill(message, message.address);
  message.setUint64(AT.control, CMSG_LENGTH);
  message.words[(AT.control + 8) >> 2] = SOL_SOCKET;
  message.words[(AT.control + 12) >> 2] = SCM_RIGHTS;
  message.words[DESCRIPTOR_AT >> 2] = checkInt(fd);
  const size = toNumber(sendmsg(checkInt(socket), message.address, 0));
  return size < 0 ? -errnoNow() : size;
}
