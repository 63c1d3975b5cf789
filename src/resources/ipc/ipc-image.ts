/** Semaphores and message queues as plain data. */
import type { IpcRights } from '../../sys/ipc-perm.ts';
import type { QueueStatus } from '../../sys/ipc.ts';

/** A set of System V semaphores. */
export interface SetImage {
  readonly id: number;
  readonly rights: IpcRights;
  readonly values: readonly number[];
  /** A living process other than the program that was the last to operate on one; 0: none. */
  readonly other: number;
  /** The program was the last to operate on one of them. */
  readonly isOwn: boolean;
}

export interface Message {
  readonly type: Uint8Array;
  readonly text: Uint8Array;
}

/** A System V message queue. */
export interface QueueImage {
  readonly id: number;
  /** In their order. */
  readonly messages: readonly Message[];
  readonly status: QueueStatus;
  /** When it was read, in seconds since 1970. */
  readonly readAt: number;
  readonly other: number;
  readonly isOwn: boolean;
  /** Why the messages were not read, in words. */
  readonly unsaved: string | undefined;
}

/** A segment of System V shared memory: whose it is. What lies in it is shared memory. */
export interface SegmentImage {
  readonly id: number;
  readonly rights: IpcRights;
  readonly other: number;
  readonly isOwn: boolean;
}

/** A POSIX message queue, mq_overview(7), by the descriptor that leads to it. */
export interface PosixQueueImage {
  readonly fd: number;
  readonly name: string;
  /** What it tells of itself: how many bytes there are in it, and who is to be notified. */
  readonly status: string;
}

export interface IpcImage {
  readonly sets: readonly SetImage[];
  readonly queues: readonly QueueImage[];
  readonly segments: readonly SegmentImage[];
  readonly posix: readonly PosixQueueImage[];
  /** The program has an IPC namespace into which we cannot look. */
  readonly isElsewhere: boolean;
}

export const NO_IPC: IpcImage = {
  sets: [],
  queues: [],
  segments: [],
  posix: [],
  isElsewhere: false,
};
