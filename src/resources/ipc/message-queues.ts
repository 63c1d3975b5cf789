/**
 * System V message queues: their messages go back in content and order where nobody but the program
 * has sent or received last, at the point and now. They are looked at without being received.
 */
import { constants } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { SYS } from '../../arch/x64/syscalls.ts';
import { errnoName } from '../../errors.ts';
import {
  countQueues,
  findQueue,
  IPC_NOWAIT,
  MESSAGE_HEAD,
  MSG_NOERROR,
  peekMessage,
  readQueueStatus,
  type QueueStatus,
} from '../../sys/ipc.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { SCRATCH_SIZE } from '../../tracee/scratch.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { Message, QueueImage } from './ipc-image.ts';
import { planRights, putRightsBack, type Owned, type RightsPlan } from './ipc-rights.ts';
import { IpcIds } from './ipc-ids.ts';
import { isSettled, nowInSeconds } from './ipc-times.ts';
import { usersOf } from './ipc-users.ts';

const { EAGAIN, ENOMSG } = constants.errno;
/** Chosen: a few milliseconds. */
const BYTES_MAX = 16 << 20;
const MESSAGES_MAX = 8192;
const TOO_MUCH = 'there is too much in it';
const UNREADABLE = 'its messages may not be looked at';
const NO_QUEUES: readonly QueueImage[] = [];

export interface QueuePlan {
  readonly id: number;
  /** Before the messages, which may need the room. */
  readonly rights: readonly RightsPlan[];
  /** Undefined: they are the same. */
  readonly wanted: readonly Message[] | undefined;
  /** How many are in it now. */
  readonly count: number;
}

export class MessageQueues {
  private readonly ids = new IpcIds(findQueue);

  capture(stopped: Stopped, before: readonly QueueImage[]): readonly QueueImage[] {
    const count = countQueues();
    if (count.count === 0) return NO_QUEUES;
    return this.ids.readThose(count, (ids) => readAll(stopped, ids, before));
  }

  plan(stopped: Stopped, wanted: readonly QueueImage[], named: Named[]): QueuePlan[] {
    return wanted.flatMap((image) => {
      const room = { bytes: BYTES_MAX, messages: MESSAGES_MAX };
      const now = readQueue(stopped, image.id, image, room);
      if (now === image || (!image.isOwn && now?.isOwn !== true)) return [];
      const rights = planRights('message queue', withRoom(image), now && withRoom(now), named);
      const why = whyNot(image, now);
      if (why !== undefined) named.push(lose(image.id, why));
      const isSame = why !== undefined || isSameContent(image, now);
      if (isSame && rights.length === 0) return [];
      const wanted = isSame ? undefined : image.messages;
      return [{ id: image.id, rights, wanted, count: now?.messages.length ?? 0 }];
    });
  }

  apply(stopped: Stopped, plans: readonly QueuePlan[], named: Named[]): void {
    for (const { id, rights, wanted, count } of plans) {
      const isRefused = putRightsBack(stopped, rights, named).length < rights.length;
      if (wanted === undefined) continue;
      const why = isRefused ? 'it has not the room it had' : refill(stopped, id, wanted, count);
      if (why !== undefined) named.push(lose(id, why));
    }
  }

  /** Queues that were made since, of which the program was the last user. */
  findNew(stopped: Stopped, wanted: readonly QueueImage[]): Named[] {
    const count = countQueues();
    if (count.count === 0) return [];
    const old = new Set(wanted.map(({ id }) => id));
    const statuses = this.ids.readThose(count, (ids) => ids.map(readWithId));
    return statuses
      .filter(({ id, sender, receiver }) => {
        return !old.has(id) && usersOf(stopped, [sender, receiver], false).isOwn;
      })
      .map(({ id }) => ({
        bit: LOST.shared,
        text: `message queue ${id} was made since, and stays`,
      }));
  }
}

function readWithId(id: number) {
  const status = readQueueStatus(id);
  return status && { id, ...status };
}

interface Room {
  bytes: number;
  messages: number;
}

function readAll(
  stopped: Stopped,
  ids: readonly number[],
  before: readonly QueueImage[],
): (QueueImage | undefined)[] {
  const room = { bytes: BYTES_MAX, messages: MESSAGES_MAX };
  return ids.map((id) => {
    const former = before.find((each) => each.id === id);
    return readQueue(stopped, id, former, room);
  });
}

/** The former image where nothing has happened since. */
function readQueue(
  stopped: Stopped,
  id: number,
  former: QueueImage | undefined,
  room: Room,
): QueueImage | undefined {
  const readAt = nowInSeconds();
  const status = readQueueStatus(id);
  if (status === undefined) return undefined;
  if (former !== undefined && isUnchanged(former, status)) return former;
  const { sender, receiver } = status;
  const image = {
    id,
    status,
    readAt,
    ...usersOf(stopped, [sender, receiver], former?.isOwn === true),
  };
  const found = readMessages(id, status, room);
  if (typeof found === 'string') return { ...image, messages: [], unsaved: found };
  return { ...image, messages: found, unsaved: undefined };
}

function isUnchanged({ status, readAt }: QueueImage, now: QueueStatus): boolean {
  const lastAt = Math.max(now.sentAt, now.receivedAt);
  return isSettled(lastAt, readAt) && isDeepStrictEqual(status, now);
}

function readMessages(
  id: number,
  { sizeBytes, count }: QueueStatus,
  room: Room,
): Message[] | string {
  if (sizeBytes > room.bytes || count > room.messages) return TOO_MUCH;
  room.bytes -= sizeBytes;
  room.messages -= count;
  const buffer = new NativeBuffer(MESSAGE_HEAD + Math.max(sizeBytes, 1));
  const messages: Message[] = [];
  for (let index = 0; index < count; index += 1) {
    const size = peekMessage(id, buffer, index);
    if (size === -ENOMSG) break;
    if (size < 0) return UNREADABLE;
    if (MESSAGE_HEAD + size > SCRATCH_SIZE) return TOO_MUCH;
    messages.push({
      type: new Uint8Array(buffer.bytes.subarray(0, MESSAGE_HEAD)),
      text: new Uint8Array(buffer.bytes.subarray(MESSAGE_HEAD, MESSAGE_HEAD + size)),
    });
  }
  return messages;
}

function whyNot(image: QueueImage, now: QueueImage | undefined): string | undefined {
  if (now === undefined) return 'it was removed since';
  if (image.unsaved !== undefined) return image.unsaved;
  const other = image.other === 0 ? now.other : image.other;
  if (other !== 0) return `process ${other} uses it, too`;
  if (now.unsaved !== undefined) return now.unsaved;
  const size = image.messages.reduce((sum, { text }) => sum + text.length, 0);
  // The room is put back first.
  const { maxBytes } = image.status;
  const hasRoom = size <= maxBytes && image.messages.length <= maxBytes;
  return hasRoom ? undefined : 'it has less room now';
}

function isSameContent(one: QueueImage, other: QueueImage | undefined): boolean {
  return (
    one.messages.length === other?.messages.length &&
    one.messages.every(({ type, text }, index) => {
      const that = other.messages[index];
      if (that === undefined) return false;
      return Buffer.compare(type, that.type) === 0 && Buffer.compare(text, that.text) === 0;
    })
  );
}

/**
 * Empty the queue and send all again: why not, or undefined. The first is sent beforehand: where
 * that is refused, nothing was touched. (A full queue says EAGAIN to who may send.)
 */
function refill(
  stopped: Stopped,
  id: number,
  wanted: readonly Message[],
  count: number,
): string | undefined {
  const { calls, scratch } = stopped.remote();
  const send = ({ type, text }: Message): number => {
    const address = scratch.put(Buffer.concat([type, text]));
    return calls.call(SYS.msgsnd, id, address, text.length, IPC_NOWAIT);
  };
  const [first, ...others] = wanted;
  const sent = first === undefined ? 0 : send(first);
  if (sent < 0 && sent !== -EAGAIN) return errnoName(-sent);
  const place = scratch.reserve(MESSAGE_HEAD);
  for (let index = 0; index < count; index += 1) {
    const got = calls.call(SYS.msgrcv, id, place, 0, 0, MSG_NOERROR | IPC_NOWAIT);
    if (got < 0) return errnoName(-got);
  }
  const left = sent === 0 ? others : wanted;
  const refused = left.map(send).find((result) => result < 0) ?? 0;
  return refused < 0 ? errnoName(-refused) : undefined;
}

function lose(id: number, why: string): Named {
  return { bit: LOST.shared, text: `message queue ${id} is not put back: ${why}` };
}

function withRoom(image: QueueImage): Owned {
  const { rights, maxBytes } = image.status;
  return { ...image, rights, maxBytes };
}
