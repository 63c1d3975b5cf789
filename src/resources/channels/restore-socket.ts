/**
 * Makes what a socket has received what it was at a point: what is there now is taken away, and the
 * other end sends what was there. Whoever is told who sent a message is told of the program: it
 * sends those itself.
 */
import { constants } from 'node:os';
import { SYS } from '../../arch/x64/syscalls.ts';
import { close } from '../../sys/file.ts';
import { getSendBuffer, setPeekOffset, setSendBuffer, tellsSender } from '../../sys/getsockopt.ts';
import {
  layMessage,
  sendMessage,
  sizeOfMessage,
  SEND_FLAGS,
  type Outgoing,
  type Received,
} from '../../sys/messages.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../../sys/mmap.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { SEND_SHUTDOWN, RCV_SHUTDOWN, type UnixSocketDiag } from '../../sys/sock-diag.ts';
import type { Stopped } from '../stopped.ts';
import {
  isSameContent,
  isSameMessage,
  sizeOfContent,
  type ChannelImage,
  type Message,
} from './channel-image.ts';
import type { OwnEnds } from './pipe-content.ts';
import { SOCK_STREAM, type FindNumber, type SocketQueues } from './socket-content.ts';

const { EAGAIN, EMSGSIZE, EPERM, ESRCH, EINVAL } = constants.errno;
/** Chosen: with room for what the kernel keeps of each message besides. */
const BUFFER_SPARE = 64 << 10;

export interface SocketTools {
  readonly stopped: Stopped;
  readonly queues: SocketQueues;
  readonly diag: UnixSocketDiag;
  readonly find: FindNumber;
}

/** Why it is not what it was; undefined: it is. Nothing is touched where it is so already. */
export function restoreSocket(
  tools: SocketTools,
  image: ChannelImage,
  ends: OwnEnds,
): string | undefined {
  const { queues, find } = tools;
  const { content, sizeBytes } = image;
  const present = getSendBuffer(ends.writer);
  const buffer = sizeBytes === 0 ? present : sizeBytes;
  if (buffer !== present && !setSendBuffer(ends.writer, buffer)) return 'its buffer is smaller now';
  const now = queues.read(ends.reader, image, Infinity, find);
  if (isSameContent(now, content)) return undefined;
  if (now.missing !== undefined) return now.missing;
  const hindrance = findHindrance(tools.diag, image);
  if (hindrance !== undefined) return hindrance;
  const taken = queues.take(ends.reader, now);
  const sender = new Sender(tools.stopped, image, ends, pairUp(now.messages, taken));
  try {
    setSendBuffer(ends.writer, Math.max(buffer, 2 * sizeOfContent(content) + BUFFER_SPARE));
    for (const message of content.messages) {
      const why = sender.send(message);
      if (why !== undefined) return why;
    }
    setPeekOffset(ends.reader, content.peekOffset);
    return sender.loss;
  } finally {
    setSendBuffer(ends.writer, buffer);
    for (const own of taken.flatMap(({ rights }) => rights)) close(own);
  }
}

function findHindrance(diag: UnixSocketDiag, { inode, peer }: ChannelImage): string | undefined {
  const reader = diag.find(inode);
  const writer = diag.find(peer);
  if (writer?.peer !== inode) return 'its other end is connected to another socket now';
  const shut = ((reader?.shut ?? 0) & RCV_SHUTDOWN) | (writer.shut & SEND_SHUTDOWN);
  return shut === 0 ? undefined : 'nothing can be sent to it any more: that way is shut down';
}

/** Messages as they were seen, with descriptors as they were taken: of a stream in other parts. */
function pairUp(messages: readonly Message[], taken: readonly Received[]): Given[] {
  const all = taken.flatMap(({ rights }) => rights);
  let from = 0;
  return messages.map((message) => {
    const own = all.slice(from, from + message.rights.length);
    from += own.length;
    return { message, own };
  });
}

/** A message that was taken away, and our descriptors for those that came with it. */
interface Given {
  readonly message: Message;
  readonly own: readonly number[];
}

class Sender {
  /** What a message has lost on the way. */
  loss: string | undefined = undefined;
  private readonly stopped: Stopped;
  private readonly image: ChannelImage;
  private readonly ends: OwnEnds;
  private readonly isSigned: boolean;
  /** What was there: descriptors that the program has no number for may be among it. */
  private readonly given: Given[];

  constructor(stopped: Stopped, image: ChannelImage, ends: OwnEnds, given: Given[]) {
    this.given = given;
    this.stopped = stopped;
    this.image = image;
    this.ends = ends;
    this.isSigned = tellsSender(ends.reader) || tellsSender(ends.writer);
  }

  /** Why it could not be; undefined: it is sent. */
  send(message: Message): string | undefined {
    const isBySelf = this.isSigned || message.credentials !== undefined;
    return isBySelf ? this.haveSent(message) : this.sendOwn(message);
  }

  /** By our copy of the sending end. */
  private sendOwn(message: Message): string | undefined {
    const { bytes, rights } = message;
    const copies = rights.map((fd) => (fd < 0 ? -1 : getDescriptor(this.stopped.living, fd)));
    const taken = rights.includes(-1) ? this.findTaken(message) : undefined;
    const own = copies.map((fd, index) => (fd < 0 ? (taken?.own[index] ?? -1) : fd));
    const given = own.filter((fd) => fd >= 0);
    if (given.length < own.length) this.loss = 'descriptors that were in flight are lost';
    try {
      return this.pass({ bytes, rights: given }, (part) => sendMessage(this.ends.writer, part));
    } finally {
      for (const fd of copies) if (fd >= 0) close(fd);
    }
  }

  /** The same message as it was taken away. */
  private findTaken(message: Message): Given | undefined {
    const index = this.given.findIndex((each) => isSameMessage(message, each.message));
    return index < 0 ? undefined : this.given.splice(index, 1)[0];
  }

  /** By a call of the program's: it is told who has sent it. */
  private haveSent({ bytes, rights, credentials }: Message): string | undefined {
    const given = rights.filter((fd) => fd >= 0);
    if (given.length < rights.length) this.loss = 'descriptors that were in flight are lost';
    const { stopped } = this;
    const isAnother = credentials !== undefined && credentials.pid !== stopped.pid;
    const ucred = isAnother ? credentials : undefined;
    return this.pass({ bytes, rights: given, credentials: ucred }, (part) => {
      const result = this.call(part);
      if (result !== -EPERM && result !== -ESRCH && result !== -EINVAL) return result;
      this.loss = 'who has sent it is not told any more';
      return this.call({ ...part, credentials: undefined });
    });
  }

  /** A stream takes it in parts. */
  private pass(message: Outgoing, send: (part: Outgoing) => number): string | undefined {
    const isStream = this.image.type === SOCK_STREAM;
    let part = message;
    for (;;) {
      const sent = send(part);
      if (sent === -EAGAIN || sent === -EMSGSIZE) return 'not all of it fits';
      if (sent < 0) return 'it cannot be sent again';
      if (!isStream || sent >= part.bytes.length) return undefined;
      part = { bytes: part.bytes.subarray(sent), rights: [], credentials: part.credentials };
    }
  }

  private call(part: Outgoing): number {
    const { stopped, image } = this;
    const { calls } = stopped.remote();
    const size = sizeOfMessage(part);
    const protection = PROT_READ | PROT_WRITE;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const room = calls.call(SYS.mmap, 0, size, protection, flags, -1, 0);
    if (room < 0) return room;
    const isThere = stopped.target.write(room, layMessage(room, part));
    const result = isThere ? calls.call(SYS.sendmsg, image.writer, room, SEND_FLAGS) : -EAGAIN;
    calls.call(SYS.munmap, room, size);
    return result;
  }
}
