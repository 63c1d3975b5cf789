/**
 * Messages of unix(7) sockets with what comes along with their bytes: recvmsg(2), sendmsg(2).
 *
 *   struct msghdr   0 name  8 namelen  16 iov  24 iovlen  32 control  40 controllen  48 flags
 *   struct cmsghdr  0 len   8 level    12 type 16 data, each begins at a multiple of 8
 *
 * Source: unix(7), cmsg(3), socket(7) for SO_PEEK_OFF.
 */
import { at } from '../at.ts';
import { close } from './file.ts';
import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const SCM_PIDFD = 4;
const MSG_PEEK = 2;
const MSG_CTRUNC = 8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const HEADER_SIZE = 72;
const IOV_AT = 56;
/** SCM_MAX_FD descriptors, credentials, a label and a pidfd. */
const CONTROL_SIZE = 4096;

/** An address at which there is nothing. */
const NOWHERE = 8;

/** What a call that the program makes is given with `layMessage`. */
export const SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;

const recvmsg = declare('long recvmsg(int, uint64_t, int)');
const sendmsg = declare('long sendmsg(int, uint64_t, int)');

/** struct ucred, as whoever receives it sees them. */
export interface Ucred {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Received {
  readonly bytes: Uint8Array;
  /** Descriptors of ours, to be closed. */
  readonly rights: readonly number[];
  readonly credentials: Ucred | undefined;
  /** Something that belongs to it did not fit. */
  readonly isCut: boolean;
}

export interface Outgoing {
  readonly bytes: Uint8Array;
  /** Descriptors of the sender. */
  readonly rights: readonly number[];
  readonly credentials?: Ucred | undefined;
}

export class MessageReader {
  private readonly header = new NativeBuffer(HEADER_SIZE + 16);
  private readonly control = new NativeBuffer(CONTROL_SIZE);

  /**
   * `recvmsg(fd, MSG_DONTWAIT)` into `room`: the message, or minus errno. Its bytes are a copy.
   *
   * @param isPeek it stays where it is, and its descriptors are copied
   */
  receive(fd: number, room: NativeBuffer, isPeek: boolean): Received | number {
    const { header, control } = this;
    this.fillHeader(room, room.bytes.length);
    header.setUint64(32, control.address);
    header.setUint64(40, CONTROL_SIZE);
    const flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC | (isPeek ? MSG_PEEK : 0);
    const size = toNumber(recvmsg(checkInt(fd), header.address, flags));
    if (size < 0) return -errnoNow();
    const isCut = (at(header.words, 12) & (MSG_CTRUNC | MSG_TRUNC)) !== 0;
    const bytes = new Uint8Array(room.bytes.subarray(0, size));
    return { bytes, isCut, ...this.parseControl(header.getUint64(40)) };
  }

  /**
   * Of a stream, whose next look gives `sizeBytes` in one piece: where its last part begins, with
   * which descriptors have come. A part is copied as a whole or not at all, and the last byte of
   * this one has no place to go to.
   */
  findLastPart(fd: number, room: NativeBuffer, sizeBytes: number): number {
    const { header } = this;
    this.fillHeader(room, sizeBytes - 1);
    header.setUint64(24, 2);
    header.setUint64(IOV_AT + 16, NOWHERE);
    header.setUint64(IOV_AT + 24, 1);
    const size = toNumber(recvmsg(checkInt(fd), header.address, MSG_DONTWAIT | MSG_PEEK));
    return Math.max(size, 0);
  }

  private fillHeader(room: NativeBuffer, sizeBytes: number): void {
    const { header } = this;
    header.bytes.fill(0);
    header.setUint64(16, header.address + IOV_AT);
    header.setUint64(24, 1);
    header.setUint64(IOV_AT, room.address);
    header.setUint64(IOV_AT + 8, sizeBytes);
  }

  private parseControl(size: number): Pick<Received, 'rights' | 'credentials'> {
    const { bytes } = this.control;
    const rights: number[] = [];
    let credentials: Ucred | undefined;
    for (let from = 0; from + 16 <= size;) {
      const length = Math.max(Number(bytes.readBigUInt64LE(from)), 16);
      const type = bytes.readInt32LE(from + 12);
      if (type === SCM_PIDFD) close(bytes.readInt32LE(from + 16));
      if (type === SCM_RIGHTS) {
        for (let each = from + 16; each + 4 <= from + length; each += 4)
          rights.push(bytes.readInt32LE(each));
      } else if (type === SCM_CREDENTIALS) {
        const [pid, uid, gid] = [16, 20, 24].map((offset) => bytes.readInt32LE(from + offset));
        credentials = { pid: pid ?? 0, uid: uid ?? 0, gid: gid ?? 0 };
      }
      from += (length + 7) & ~7;
    }
    return { rights, credentials };
  }
}

/** The bytes of a message for sendmsg(2), all in one piece, which is to lie at `address`. */
export function layMessage(address: number, message: Outgoing): Buffer {
  const { bytes, rights, credentials } = message;
  const parts: Buffer[] = [];
  if (rights.length > 0) parts.push(layControl(SCM_RIGHTS, rights));
  if (credentials !== undefined) {
    const { pid, uid, gid } = credentials;
    parts.push(layControl(SCM_CREDENTIALS, [pid, uid, gid]));
  }
  const control = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER_SIZE);
  const dataAt = address + HEADER_SIZE + control.length;
  header.writeBigUInt64LE(BigInt(address + IOV_AT), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(BigInt(control.length === 0 ? 0 : address + HEADER_SIZE), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  header.writeBigUInt64LE(BigInt(dataAt), IOV_AT);
  header.writeBigUInt64LE(BigInt(bytes.length), IOV_AT + 8);
  return Buffer.concat([header, control, bytes]);
}

/** So much is in front of the bytes. */
export function sizeOfMessage({ bytes, rights }: Outgoing): number {
  return HEADER_SIZE + 64 + rights.length * 4 + bytes.length;
}

/** `sendmsg(fd, message, SEND_FLAGS)`, its descriptors being ours: bytes, or minus errno. */
export function sendMessage(fd: number, message: Outgoing): number {
  const native = new NativeBuffer(sizeOfMessage(message));
  layMessage(native.address, message).copy(native.bytes);
  const size = toNumber(sendmsg(checkInt(fd), native.address, SEND_FLAGS));
  return size < 0 ? -errnoNow() : size;
}

function layControl(type: number, values: readonly number[]): Buffer {
  const length = 16 + values.length * 4;
  const control = Buffer.alloc((length + 7) & ~7);
  control.writeBigUInt64LE(BigInt(length), 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(type, 12);
  values.forEach((value, index) => control.writeInt32LE(value, 16 + index * 4));
  return control;
}
