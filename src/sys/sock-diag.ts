/**
 * What the kernel tells of unix(7) sockets by their inode: netlink(7), NETLINK_SOCK_DIAG. Only of
 * those in our own network namespace.
 *
 *   struct nlmsghdr       0 len  4 type  6 flags  8 seq  12 pid
 *   struct unix_diag_req  16 family  17 protocol  20 states  24 ino  28 show  32 cookie
 *   struct unix_diag_msg  16 family  17 type  18 state  20 ino  24 cookie   32 attributes
 *
 * Source: sock_diag(7); linux/unix_diag.h; net/unix/diag.c.
 */
import { at } from '../at.ts';
import { close } from './file.ts';
import { declare, NativeBuffer, toNumber } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const NLMSG_ERROR = 2;
const AF_UNIX = 1;
const UDIAG_SHOW_NAME = 1;
const UDIAG_SHOW_PEER = 4;
const UNIX_DIAG_NAME = 0;
const UNIX_DIAG_PEER = 2;
const UNIX_DIAG_SHUTDOWN = 6;
const ANY = 0xffffffff;
const REQUEST_SIZE = 40;
const ATTRIBUTES_AT = 32;
const ANSWER_SIZE = 4096;
const MSG_DONTWAIT = 0x40;

const socketCall = declare('int socket(int, int, int)');
const sendCall = declare('long send(int, uint64_t, ulong, int)');
const recvCall = declare('long recv(int, uint64_t, ulong, int)');

export interface UnixSocket {
  /** SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_SEQPACKET 5. */
  readonly type: number;
  /** The inode of the one that it is connected to; 0: of none that has an inode. */
  readonly peer: number;
  /** Which ways are shut down: 1 receiving, 2 sending. */
  readonly shut: number;
  /** It has an address, given to it by bind(2) or by itself. */
  readonly isBound: boolean;
}

export const RCV_SHUTDOWN = 1;
export const SEND_SHUTDOWN = 2;

/** Asks of one socket after the other. */
export class UnixSocketDiag {
  private readonly fd = toNumber(
    socketCall(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG),
  );
  private readonly request = new NativeBuffer(REQUEST_SIZE);
  private readonly answer = new NativeBuffer(ANSWER_SIZE);

  /** The unix socket with this inode; undefined: there is none in our network namespace. */
  find(inode: number): UnixSocket | undefined {
    const { request, answer } = this;
    const { words, bytes } = request;
    words[0] = REQUEST_SIZE;
    words[1] = SOCK_DIAG_BY_FAMILY | (NLM_F_REQUEST << 16);
    bytes[16] = AF_UNIX;
    words[5] = ANY;
    words[6] = inode;
    words[7] = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER;
    words[8] = ANY;
    words[9] = ANY;
    if (toNumber(sendCall(this.fd, request.address, REQUEST_SIZE, 0)) < 0) return undefined;
    const size = toNumber(recvCall(this.fd, answer.address, ANSWER_SIZE, MSG_DONTWAIT));
    if (size < ATTRIBUTES_AT || answer.bytes.readUInt16LE(4) === NLMSG_ERROR) return undefined;
    return at(answer.words, 5) === inode ? this.parse(size) : undefined;
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
  }

  private parse(size: number): UnixSocket {
    const { bytes } = this.answer;
    let [peer, shut, isBound] = [0, 0, false];
    for (let from = ATTRIBUTES_AT; from + 4 < size;) {
      const length = bytes.readUInt16LE(from);
      const kind = bytes.readUInt16LE(from + 2);
      if (kind === UNIX_DIAG_NAME) isBound = true;
      if (kind === UNIX_DIAG_PEER) peer = bytes.readUInt32LE(from + 4);
      if (kind === UNIX_DIAG_SHUTDOWN) shut = at(bytes, from + 4);
      from += (Math.max(length, 4) + 3) & ~3;
    }
    return { type: at(bytes, 17), peer, shut, isBound };
  }
}
