/** A supervised program as the Node API hands it out. */
import { EventEmitter } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { BelayError } from '../errors.ts';
import type { RequestParams } from '../protocol/messages.ts';
import { isAlive } from '../registry/process-identity.ts';
import {
  checkpointResultSchema,
  pointRecordSchema,
  programStatusSchema,
  rewindResultSchema,
} from '../protocol/records.ts';
import type {
  CheckpointResult,
  FallRecord,
  PointEvent,
  PointRecord,
  ProgramStatus,
  RewindResult,
  SupervisorEvent,
} from '../protocol/records.ts';
import type { UnknownRecord } from '../protocol/unknown-record.ts';
import type { SupervisorFile } from '../registry/state-files.ts';
import { Connection } from './connection.ts';
import { INT32_MIN, assertInt32 } from './assert-int32.ts';
import { assertOptions } from './assert-options.ts';
import type { Supervision } from './find-targets.ts';

type EventOf<Type extends SupervisorEvent['type']> = Extract<SupervisorEvent, { type: Type }>;

/** The events of a {@link Supervised}; each carries the process it is about as `pid`. */
export interface SupervisedEvents {
  point: [PointEvent];
  fall: [FallRecord];
  giveup: [EventOf<'giveup'>];
  exit: [EventOf<'exit'>];
  exec: [EventOf<'exec'>];
  fork: [EventOf<'fork'>];
  warning: [EventOf<'warning'>];
  detach: [EventOf<'detach'>];
  /** Records that were lost: how many and why. */
  lost: [EventOf<'lost'>];
  /** What this release does not know, as it came. */
  unknown: [UnknownRecord];
  /** The supervisor has ended, with the program or without it. */
  close: [];
}

/** How a program ended; both are null when that cannot be known (it was no child of ours). */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process of the program other than its first: a child it made. */
export interface WhichProcess {
  readonly pid?: number;
}

const WHICH = ['pid'];

type Identity = Pick<SupervisorFile, 'pid' | 'startTime' | 'supervisorPid'>;

/** Chosen: a program that wants to end does so within this time after SIGTERM. */
const DISPOSE_GRACE_MS = 5000;
/** Chosen: how soon the end of a program is noticed that is neither our child nor supervised. */
const GONE_POLL_MS = 250;
/** Chosen: a fall's event comes with the answer; this is for a machine under load. */
const FALL_EVENT_TIMEOUT_MS = 10_000;

export class Supervised extends EventEmitter<SupervisedEvents> implements AsyncDisposable {
  readonly pid: number;
  readonly supervisorPid: number;
  /** Streams, where `stdio` asked for pipes; null otherwise. */
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Settles when the program has ended; never rejects. */
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcess | undefined;
  readonly #startTime: number;
  readonly #ended = Promise.withResolvers<ExitStatus>();
  #connection: Connection | undefined;
  #lastExit: ExitStatus = { code: null, signal: null };

  /**
   * Connects to a supervisor and listens to it.
   *
   * @param supervision the program's state directory
   * @param child the program, where it is a child of this process
   */
  static async connect(supervision: Supervision, child?: ChildProcess): Promise<Supervised> {
    const supervised = new Supervised(supervision.file, child);
    try {
      await supervised.#connect(supervision.directory);
    } catch (error) {
      // A program that runs for a moment only may take its supervisor with it before we get there.
      if (child === undefined || !isSupervisionEnded(error)) throw error;
    }
    return supervised;
  }

  /** A program that has ended already. */
  static ofEnded(child: ChildProcess): Supervised {
    const identity = { pid: child.pid ?? 0, startTime: 0, supervisorPid: 0 };
    return new Supervised(identity, child);
  }

  private constructor(identity: Identity, child: ChildProcess | undefined) {
    super();
    this.#startTime = identity.startTime;
    this.#child = child;
    this.pid = identity.pid;
    this.supervisorPid = identity.supervisorPid;
    this.stdin = child?.stdin ?? null;
    this.stdout = child?.stdout ?? null;
    this.stderr = child?.stderr ?? null;
    this.exited = this.#ended.promise;
    if (child === undefined) return;
    if (child.exitCode !== null || child.signalCode !== null) {
      this.#ended.resolve({ code: child.exitCode, signal: child.signalCode });
    }
    child.once('exit', (code, signal) => {
      this.#ended.resolve({ code, signal });
    });
  }

  /** Makes a fallback point from outside. */
  async checkpoint(which: WhichProcess = {}): Promise<CheckpointResult> {
    assertOptions(which, WHICH);
    return this.#open().request('checkpoint', pidOf(which), checkpointResultSchema);
  }

  /**
   * Puts the program back on a point.
   *
   * @param cd the point's descriptor; the newest point by default
   * @returns the fall, as `belay log` tells of it
   * @throws BelayError EBADF when there is no such point, EFALLBACK when there is none at all
   */
  async rewind(cd?: number, options: WhichProcess & { value?: number } = {}): Promise<FallRecord> {
    assertOptions(options, [...WHICH, 'value']);
    assertInt32('checkpoint descriptor', cd, 1);
    assertInt32('value', options.value, INT32_MIN);
    const falls: FallRecord[] = [];
    const collect = (fall: FallRecord): void => {
      if (fall.cause === 'operator') falls.push(fall);
    };
    this.on('fall', collect);
    try {
      const value = options.value === undefined ? {} : { value: options.value };
      const params = { ...pidOf(options), ...(cd === undefined ? {} : { cd }), ...value };
      const result = await this.#open().request('rewind', params, rewindResultSchema);
      return await this.#fallOf(result, options.pid ?? this.pid, falls);
    } finally {
      this.off('fall', collect);
    }
  }

  /** The live points, oldest first. */
  async points(which: WhichProcess = {}): Promise<PointRecord[]> {
    assertOptions(which, WHICH);
    return this.#open().request('points', pidOf(which), z.array(pointRecordSchema));
  }

  /** The program's processes: the first, and the children it has now. */
  async status(): Promise<ProgramStatus[]> {
    return this.#open().request('status', {}, z.array(programStatusSchema));
  }

  /** Ends the supervision; the program goes on. */
  async detach(): Promise<void> {
    await this.#open().request('detach', {}, z.object({}));
    this.close();
  }

  /** Stops listening; the program stays supervised. */
  close(): void {
    this.#connection?.close();
  }

  /** Ends a program that `run` started; lets go of one that `attach` took. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === undefined) {
      await this.#detachIfOpen();
      return;
    }
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      const timer = setTimeout(() => this.#child?.kill('SIGKILL'), DISPOSE_GRACE_MS);
      await this.exited;
      clearTimeout(timer);
    }
    this.close();
  }

  async #detachIfOpen(): Promise<void> {
    if (this.#connection === undefined) return;
    try {
      await this.detach();
    } catch (error) {
      // It ended meanwhile: then it is let go already.
      if (!isSupervisionEnded(error)) throw error;
    }
  }

  async #connect(directory: string): Promise<void> {
    const connection = await Connection.open(directory, {
      onEvent: (event) => {
        this.#receive(event);
      },
      onClose: () => {
        this.#connection = undefined;
        this.emit('close');
        if (this.#child === undefined) void this.#awaitEnd();
      },
    });
    this.#connection = connection;
    try {
      await connection.subscribe();
    } catch (error) {
      // Else it would keep the caller's process from its end.
      connection.close();
      throw error;
    }
  }

  #open(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const message = `cannot ask about process ${this.pid}: its supervision has ended`;
    throw new BelayError('ENOTSUPERVISED', message);
  }

  #receive(event: SupervisorEvent | UnknownRecord): void {
    if (event.type === 'exit' && event.pid === this.pid) {
      this.#lastExit = { code: event.code, signal: event.signal };
      if (this.#child === undefined) this.#ended.resolve(this.#lastExit);
    }
    emitEvent(this, event);
  }

  /** Without a supervisor to tell, the end of a process that is not our child has to be watched. */
  async #awaitEnd(): Promise<void> {
    while (isAlive(this.pid, this.#startTime)) await sleep(GONE_POLL_MS, undefined, { ref: false });
    this.#ended.resolve(this.#lastExit);
  }

  async #fallOf(result: RewindResult, pid: number, falls: FallRecord[]): Promise<FallRecord> {
    const isOurs = (fall: FallRecord): boolean => fall.pid === pid && fall.cd === result.cd;
    const deadline = performance.now() + FALL_EVENT_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const fall = falls.find(isOurs);
      if (fall !== undefined) return fall;
      await sleep(1);
    }
    throw new BelayError('ETIMEOUT', `cannot tell of the rewind of process ${pid}: no record came`);
  }
}

/** Whether a request failed because there is no supervisor any more. */
export function isSupervisionEnded(error: unknown): boolean {
  if (!(error instanceof BelayError)) return false;
  return error.code === 'ENOTSUPERVISED' || error.code === 'ECONNLOST';
}

function pidOf(which: WhichProcess): RequestParams {
  assertInt32('pid', which.pid, 1);
  return which.pid === undefined ? {} : { pid: which.pid };
}

/** One case each: only so does the compiler see that name and payload belong together. */
function emitEvent(to: Supervised, event: SupervisorEvent | UnknownRecord): void {
  switch (event.type) {
    case 'point':
      to.emit('point', event);
      break;
    case 'fall':
      to.emit('fall', event);
      break;
    case 'giveup':
      to.emit('giveup', event);
      break;
    case 'exit':
      to.emit('exit', event);
      break;
    case 'exec':
      to.emit('exec', event);
      break;
    case 'fork':
      to.emit('fork', event);
      break;
    case 'warning':
      to.emit('warning', event);
      break;
    case 'detach':
      to.emit('detach', event);
      break;
    case 'lost':
      to.emit('lost', event);
      break;
    case 'unknown':
      to.emit('unknown', event);
      break;
  }
}
