/**
 * System V semaphores and message queues, as we look at them: without a trace, in our own IPC
 * namespace.
 *
 * Source: semctl(2), msgctl(2), msgrcv(2) "MSG_COPY" (CONFIG_CHECKPOINT_RESTORE);
 * include/uapi/linux/{sem,msg,ipc}.h; struct ipc64_perm has 48 bytes.
 */
import { at } from '../at.ts';
import { parseIpcRights, type IpcRights } from './ipc-perm.ts';
import { checkInt, declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SYS_semctl = 66;
const SYS_msgrcv = 70;
const SYS_msgctl = 71;

const GETPID = 11;
const GETALL = 13;
export const SETVAL = 16;
const SEM_STAT = 18;
const SEM_INFO = 19;
const IPC_STAT = 2;
const MSG_STAT = 11;
const MSG_INFO = 12;
export const IPC_NOWAIT = 0o4000;
export const MSG_NOERROR = 0o10000;
const MSG_COPY = 0o40000;

/** struct seminfo and msginfo; semid64_ds and msqid64_ds. */
const INFO_SIZE = 64;
const STATUS_SIZE = 128;
const SEMUSZ_WORD = 7;
const SEM_OTIME = 48;
const SEM_CTIME = 64;
const SEM_NSEMS = 80;
const MSG_STIME = 48;
const MSG_RTIME = 56;
const MSG_CBYTES = 72;
const MSG_QNUM = 80;
const MSG_QBYTES = 88;
const MSG_LSPID_WORD = 24;
const MSG_LRPID_WORD = 25;
/** What goes before the text of a message: its type. */
export const MESSAGE_HEAD = 8;

const semctl = declare('long syscall(long, int, int, int, uint64_t)');
const msgctl = declare('long syscall(long, int, int, uint64_t)');
const msgrcv = declare('long syscall(long, int, uint64_t, ulong, long, int)');
const info = new NativeBuffer(INFO_SIZE);
const status = new NativeBuffer(STATUS_SIZE);

/** How many there are, and the highest place of one in the kernel's list. */
export interface IpcCount {
  readonly count: number;
  readonly highest: number;
}

const NONE: IpcCount = { count: 0, highest: -1 };

/** `semctl(0, 0, SEM_INFO)`. */
export function countSemaphoreSets(): IpcCount {
  const highest = toNumber(semctl(SYS_semctl, 0, 0, SEM_INFO, info.address));
  return highest < 0 ? NONE : { count: at(info.words, SEMUSZ_WORD), highest };
}

/** `semctl(place, 0, SEM_STAT)`: the id of the set there, or minus errno. */
export function findSemaphoreSet(place: number): number {
  const id = toNumber(semctl(SYS_semctl, checkInt(place), 0, SEM_STAT, status.address));
  return id < 0 ? -errnoNow() : id;
}

export interface SetStatus {
  readonly rights: IpcRights;
  /** How many semaphores it has. */
  readonly count: number;
  /** When somebody operated on one, and when one was set, or the set changed, in seconds. */
  readonly operatedAt: number;
  readonly changedAt: number;
}

/** `semctl(id, 0, IPC_STAT)`; undefined: it is gone, or not ours to see. */
export function readSetStatus(id: number): SetStatus | undefined {
  const found = toNumber(semctl(SYS_semctl, checkInt(id), 0, IPC_STAT, status.address));
  if (found < 0) return undefined;
  return {
    rights: parseIpcRights(status.bytes),
    count: status.getUint64(SEM_NSEMS),
    operatedAt: status.getUint64(SEM_OTIME),
    changedAt: status.getUint64(SEM_CTIME),
  };
}

export interface Semaphores {
  readonly values: readonly number[];
  /** Who operated last on each. */
  readonly pids: readonly number[];
}

/** GETALL and GETPID of `count` semaphores; undefined: the set is gone, or not ours to see. */
export function readSemaphores(id: number, count: number): Semaphores | undefined {
  const all = new NativeBuffer(count * 2);
  if (toNumber(semctl(SYS_semctl, checkInt(id), 0, GETALL, all.address)) < 0) return undefined;
  const values: number[] = [];
  const pids: number[] = [];
  for (let index = 0; index < count; index += 1) {
    values.push(all.bytes.readUInt16LE(index * 2));
    pids.push(Math.max(toNumber(semctl(SYS_semctl, id, index, GETPID, 0)), 0));
  }
  return { values, pids };
}

/** `msgctl(0, MSG_INFO)`. */
export function countQueues(): IpcCount {
  const highest = toNumber(msgctl(SYS_msgctl, 0, MSG_INFO, info.address));
  return highest < 0 ? NONE : { count: at(info.words, 0), highest };
}

/** `msgctl(place, MSG_STAT)`: the id of the queue there, or minus errno. */
export function findQueue(place: number): number {
  const id = toNumber(msgctl(SYS_msgctl, checkInt(place), MSG_STAT, status.address));
  return id < 0 ? -errnoNow() : id;
}

export interface QueueStatus {
  readonly rights: IpcRights;
  /** When it was sent to and received from last, in seconds. */
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly sizeBytes: number;
  readonly count: number;
  readonly maxBytes: number;
  readonly sender: number;
  readonly receiver: number;
}

/** `msgctl(id, IPC_STAT)`; undefined: it is gone, or not ours to see. */
export function readQueueStatus(id: number): QueueStatus | undefined {
  if (toNumber(msgctl(SYS_msgctl, checkInt(id), IPC_STAT, status.address)) < 0) return undefined;
  return {
    rights: parseIpcRights(status.bytes),
    sentAt: status.getUint64(MSG_STIME),
    receivedAt: status.getUint64(MSG_RTIME),
    sizeBytes: status.getUint64(MSG_CBYTES),
    count: status.getUint64(MSG_QNUM),
    maxBytes: status.getUint64(MSG_QBYTES),
    sender: at(status.words, MSG_LSPID_WORD),
    receiver: at(status.words, MSG_LRPID_WORD),
  };
}

/**
 * `msgrcv(id, buffer, size, index, MSG_COPY)`: the size of its text, which lies behind its type in
 * `buffer`; or minus errno (ENOMSG behind the last one, ENOSYS where the kernel cannot).
 */
export function peekMessage(id: number, buffer: NativeBuffer, index: number): number {
  const room = buffer.bytes.length - MESSAGE_HEAD;
  const flags = MSG_COPY | IPC_NOWAIT;
  const size = toNumber(msgrcv(SYS_msgrcv, checkInt(id), buffer.address, room, index, flags));
  return size < 0 ? -errnoNow() : size;
}
