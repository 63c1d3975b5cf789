/**
 * What lies in a pipe, or has been sent to a socket, as plain data: of those whose both ends are
 * the program's own. Each way of a pair of sockets is a channel of its own.
 */
import type { Ucred } from '../../sys/messages.ts';

export interface Message {
  readonly bytes: Uint8Array;
  /** Descriptors in flight, by numbers that led to the same open files; -1: none did. */
  readonly rights: readonly number[];
  /** Who sent it, as we see it; undefined: nobody was to be told. */
  readonly credentials: Ucred | undefined;
}

export interface Content {
  /** Of a stream: one, but for what comes along with some of its bytes. */
  readonly messages: readonly Message[];
  /** Of a pipe: each is a packet (O_DIRECT). */
  readonly isPacketed: boolean;
  /** Of a socket: where the next look begins (SO_PEEK_OFF); -1: always at the front. */
  readonly peekOffset: number;
  /** It is not known, and why. */
  readonly missing: string | undefined;
}

export const EMPTY: Content = {
  messages: [],
  isPacketed: false,
  peekOffset: -1,
  missing: undefined,
};

/** A way from one end to the other, both in the table. */
export interface Ends {
  readonly kind: 'pipe' | 'socket';
  /** Of the pipe, or of the socket that has received what is in it. */
  readonly inode: number;
  /** What /proc/PID/fd/N leads to. */
  readonly name: string;
  /** A number to read by, and one to write by. */
  readonly reader: number;
  readonly writer: number;
  /** The inode of the socket that sends; of a pipe its own. */
  readonly peer: number;
  /** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; 0: a pipe. */
  readonly type: number;
  /** One of the ends has O_ASYNC: numbers that must not be signalled through. */
  readonly isAsync: boolean;
}

export interface ChannelImage extends Ends {
  /** F_GETPIPE_SZ, or SO_SNDBUF of the sending socket; 0: it was not asked yet. */
  readonly sizeBytes: number;
  /** Nothing more can be received: shutdown(2). */
  readonly isShut: boolean;
  readonly content: Content;
}

/** A pipe that others have an end of, too, by a number of the program's. */
export interface Shared {
  readonly fd: number;
  readonly name: string;
  readonly who: string;
  /** The program's parent has it by the same number: it was left open, mostly. */
  readonly isInherited: boolean;
  /** Set where it has no name, and the program only reads it. */
  readonly lone: LoneEnd | undefined;
}

/** The reading end of a pipe: when nobody has the other one any more it is the program's alone. */
export interface LoneEnd {
  readonly inode: number;
  readonly isAsync: boolean;
}

export interface SharedImage extends Shared {
  /** How much was in it. */
  readonly sizeBytes: number;
  /** What was in it, where it was the program's alone. */
  readonly content: Content | undefined;
}

export interface ChannelsImage {
  readonly channels: readonly ChannelImage[];
  readonly shared: readonly SharedImage[];
  /** When sizes were asked for, in ms since 1970; 0: at the point. */
  readonly sizesAt: number;
  /** It has sockets of which nothing is told. */
  readonly isUntold: boolean;
}

export const NONE: ChannelsImage = { channels: [], shared: [], sizesAt: 0, isUntold: false };

export function isSameContent(one: Content, other: Content): boolean {
  return (
    one === other ||
    (one.isPacketed === other.isPacketed &&
      one.peekOffset === other.peekOffset &&
      one.missing === other.missing &&
      one.messages.length === other.messages.length &&
      one.messages.every((message, index) => isSameMessage(message, other.messages[index])))
  );
}

export function isSameMessage(one: Message, other: Message | undefined): boolean {
  if (other === undefined || Buffer.compare(one.bytes, other.bytes) !== 0) return false;
  const isSameSender =
    one.credentials?.pid === other.credentials?.pid &&
    one.credentials?.uid === other.credentials?.uid &&
    one.credentials?.gid === other.credentials?.gid;
  return (
    isSameSender &&
    one.rights.length === other.rights.length &&
    one.rights.every((fd, index) => fd === other.rights[index])
  );
}

export function sizeOfContent({ messages }: Content): number {
  return messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
