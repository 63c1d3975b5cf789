/**
 * Reads what a unix(7) socket of the program has received, leaving it there, and puts other
 * messages in its place.
 *
 * A look at a queue copies the descriptors that are in flight there: the copies are closed at once.
 * Looks go on from each other by SO_PEEK_OFF, which is put back: the program may use it, too.
 */
import { constants } from 'node:os';
import { close } from '../../sys/file.ts';
import { getPeekOffset, setPeekOffset } from '../../sys/getsockopt.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { MessageReader, type Received } from '../../sys/messages.ts';
import { readableBytes } from '../../sys/pipe.ts';
import { EMPTY, type Content, type Message } from './channel-image.ts';
import { TOO_MUCH, UNREADABLE } from './pipe-content.ts';

const { EAGAIN } = constants.errno;
export const SOCK_STREAM = 1;
const ROOM_FIRST = 64 << 10;
/** Chosen: as large as a datagram gets where nobody has raised the limits. */
const ROOM_DATAGRAMS = 512 << 10;
/** Chosen: zero-length datagrams without end. */
const MESSAGES_MAX = 100_000;

/** The number in the program's table that leads to what a descriptor of ours leads to; -1: none. */
export type FindNumber = (own: number) => number;

/** What is to be known of a socket to read what it has received. */
export interface Queue {
  readonly type: number;
  readonly isShut: boolean;
}

export class SocketQueues {
  private readonly reader = new MessageReader();
  private room = new NativeBuffer(ROOM_FIRST);

  /** @param most so many bytes may be taken down */
  read(fd: number, queue: Queue, most: number, find: FindNumber): Content {
    const isStream = queue.type === SOCK_STREAM;
    const size = readableBytes(fd);
    if (size < 0) return { ...EMPTY, missing: UNREADABLE };
    if (size > most) return { ...EMPTY, missing: TOO_MUCH };
    if (isStream && size === 0) return EMPTY;
    this.makeRoom(isStream ? size : ROOM_DATAGRAMS);
    if (isStream && getPeekOffset(fd) < 0) {
      const received = this.reader.receive(fd, this.room, true);
      const first = typeof received === 'number' ? undefined : settle(received, find);
      const isAll = first?.bytes.length === size && first.rights.length === 0;
      if (isAll) return { ...EMPTY, messages: [first] };
    }
    return this.readOneByOne(fd, queue, most, find);
  }

  /** Take all messages away. Their descriptors, which are ours then, are to be closed. */
  take(fd: number, { messages }: Content): Received[] {
    const taken: Received[] = [];
    while (taken.length < messages.length || readableBytes(fd) > 0) {
      const received = this.reader.receive(fd, this.room, false);
      if (typeof received === 'number') break;
      taken.push(received);
      if (taken.length > MESSAGES_MAX) break;
    }
    return taken;
  }

  private makeRoom(sizeBytes: number): void {
    if (this.room.bytes.length < sizeBytes) this.room = new NativeBuffer(sizeBytes);
  }

  private readOneByOne(fd: number, queue: Queue, most: number, find: FindNumber): Content {
    const before = getPeekOffset(fd);
    if (!setPeekOffset(fd, 0)) return { ...EMPTY, missing: UNREADABLE };
    const messages: Message[] = [];
    let size = 0;
    try {
      for (;;) {
        const found = this.lookFrom(fd, queue, size, find);
        if (found === undefined) return { ...EMPTY, missing: UNREADABLE };
        if (found.length === 0) break;
        messages.push(...found);
        for (const { bytes } of found) size += bytes.length;
        if (size > most || messages.length > MESSAGES_MAX) return { ...EMPTY, missing: TOO_MUCH };
      }
    } finally {
      setPeekOffset(fd, before);
    }
    return messages.length === 0 ? EMPTY : { ...EMPTY, messages, peekOffset: before };
  }

  /** The next message; of a stream what comes in one piece, in front of descriptors and with. */
  private lookFrom(
    fd: number,
    { type, isShut }: Queue,
    offset: number,
    find: FindNumber,
  ): Message[] | undefined {
    const received = this.reader.receive(fd, this.room, true);
    if (typeof received === 'number') return received === -EAGAIN ? [] : undefined;
    const message = settle(received, find);
    const isEnd = message?.bytes.length === 0 && (type === SOCK_STREAM || isShut);
    if (message === undefined || isEnd) return message && [];
    if (type !== SOCK_STREAM || message.rights.length === 0) return [message];
    const { bytes, credentials } = message;
    setPeekOffset(fd, offset);
    const from = this.reader.findLastPart(fd, this.room, bytes.length);
    setPeekOffset(fd, offset + bytes.length);
    const rest = { ...message, bytes: bytes.subarray(from) };
    if (from === 0) return [rest];
    return [{ bytes: bytes.subarray(0, from), rights: [], credentials }, rest];
  }
}

/** Close the descriptors, and name them by the program's numbers; undefined: some are missing. */
function settle(received: Received, find: FindNumber): Message | undefined {
  const { bytes, credentials, isCut } = received;
  const rights = received.rights.map((own) => {
    const number = find(own);
    close(own);
    return number;
  });
  return isCut ? undefined : { bytes, rights, credentials };
}
