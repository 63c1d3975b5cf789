/**
 * What the tracer and its I/O worker say to each other.
 *
 * The tracer is blocked in waitpid nearly always and ptrace belongs to its thread, so everything
 * that waits for people or disks is the worker's. A message to the tracer is followed by a ring of
 * the bell (SIGURG to SHARED_BELL_PID, a tiny tracee of the tracer's own), which ends its wait.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Method, RequestParams, WireError } from '../protocol/messages.ts';
import type { StartRecord, SupervisorEvent, WarningRecord } from '../protocol/records.ts';
import type { Place } from './place.ts';

/** The log's first line; of a worker that takes another's place, what became of that one. */
export type Opening = StartRecord | WarningRecord;

export interface IoWorkerData extends Place {
  readonly port: MessagePort;
  /** A sleeping process that the worker traces, and that the kernel ends when the worker ends. */
  readonly canaryPid: number;
  /** Int32Array over a SharedArrayBuffer; see the SHARED_ indexes. */
  readonly shared: Int32Array;
  /** Its first lines: see Opening. */
  readonly openings: readonly Opening[];
}

/** How many clients have subscribed: without any, the tracer need not send 'point' events. */
export const SHARED_SUBSCRIBERS = 0;
/** WORKER_STARTING and so on; the worker notifies those who Atomics.wait on it. */
export const SHARED_WORKER_STATE = 1;
/** Events that were sent and are not written yet, and the bytes of the maps that came with them. */
export const SHARED_PENDING_EVENTS = 2;
export const SHARED_PENDING_MAPS_BYTES = 3;
/** Events that the tracer had to leave out since the worker last told of such. */
export const SHARED_LOST_EVENTS = 4;
/** How many events, points left out, have been seen to. */
export const SHARED_EVENTS_DONE = 5;
/** The worker's thread, as /proc/self/task has it. */
export const SHARED_WORKER_TID = 6;
/** The process to ring; 0: there is none. It is another one when the first was killed. */
export const SHARED_BELL_PID = 7;
/** After 'close': how many records could not be written, nor told of in the log. */
export const SHARED_UNLOGGED = 8;
/**
 * How many events, points left out, the worker has begun to write: each is its own from then on.
 * NO_MORE_CLAIMS: the tracer writes those that are left.
 */
export const SHARED_EVENTS_CLAIMED = 9;
/** 1: the worker has written its openings. */
export const SHARED_OPENED = 10;
export const SHARED_LENGTH = 11;

export const NO_MORE_CLAIMS = -1;

export const WORKER_STARTING = 0;
export const WORKER_LISTENING = 1;
/** After 'close': the log is complete, the socket gone. */
export const WORKER_CLOSED = 2;
/** The socket could not be made. The log is still written. */
export const WORKER_DEAF = 3;
/** It was not done in time after 'close': what it has not written is written by the tracer. */
export const WORKER_ABANDONED = 4;

/** What the tracer is asked; `subscribe` the worker answers itself. */
export type TracerMethod = Exclude<Method, 'subscribe'>;

export interface TracerRequest {
  readonly kind: 'request';
  readonly id: number;
  readonly method: TracerMethod;
  readonly params: RequestParams;
}

/** Time for an `--every` point; the next comes after 'tick-done'. */
export interface Tick {
  readonly kind: 'tick';
}

/** The processor time that we may take is nearly used up. */
export interface Spent {
  readonly kind: 'spent';
}

/** Time to give back memory, for a tracer that has had nothing to do for long. */
export interface Tidy {
  readonly kind: 'tidy';
}

export type ToTracer = TracerRequest | Tick | Spent | Tidy;

export type FromTracer =
  | { readonly kind: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly error: WireError }
  | {
      readonly kind: 'event';
      readonly event: SupervisorEvent;
      /** The text of /proc/PID/maps at the fall. */
      readonly maps?: Uint8Array;
    }
  /** Several that came without maps. */
  | { readonly kind: 'events'; readonly events: readonly SupervisorEvent[] }
  | { readonly kind: 'every'; readonly ms: number }
  | { readonly kind: 'tick-done'; readonly tookMs: number; readonly processorMs: number }
  | { readonly kind: 'cpu-budget'; readonly ms: number }
  | { readonly kind: 'close' };
