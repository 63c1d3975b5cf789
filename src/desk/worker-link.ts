/** The tracer's end of the wire to its I/O worker. */
import { extname } from 'node:path';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
} from 'node:worker_threads';
import { asBelayError } from '../errors.ts';
import type { SupervisorEvent, StartRecord } from '../protocol/records.ts';
import { LogWriter } from './log-writer.ts';
import type { News } from './news.ts';
import {
  SHARED_LENGTH,
  SHARED_LOST_EVENTS,
  SHARED_PENDING_EVENTS,
  SHARED_PENDING_MAPS_BYTES,
  SHARED_SUBSCRIBERS,
  SHARED_WORKER_STATE,
  WORKER_ABANDONED,
  WORKER_CLOSED,
  WORKER_STARTING,
  type FromTracer,
  type IoWorkerData,
  type ToTracer,
  type TracerRequest,
} from './messages.ts';

/** What the worker asks for is done by those above. */
export interface DeskHandlers {
  /** Throws BelayError. */
  answer(request: TracerRequest): unknown;
  /** It is time for `--every` points. */
  tick(): void;
  started(): void;
  /** Let the whole program go; its pid. */
  detach(): number;
}

/** Chosen: how long the end of the program waits for its log to be written. */
const CLOSE_TIMEOUT_MS = 3000;

/**
 * Chosen: the longest list of points and its text take some 100 MB; and garbage is collected early,
 * since the memory of a supervisor is what its program costs more.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 6 };

/** Chosen: some 4 MB, written in half a second; a program in a loop is faster than any disk. */
const PENDING_EVENTS_MAX = 4096;
/** Chosen: the maps of 100 falls of a program of ordinary size. */
const PENDING_MAPS_MAX_BYTES = 4 * 1024 * 1024;
/** Why an instruction has no names, when its maps are not sent along. */
const TOO_MANY_MAPS = 'too many mappings, or falls that come too fast, to look it up';

const SPENT = 'the processor time that its caller allows (ulimit -t) is used up';

export class WorkerLink implements News {
  private readonly port: MessagePort;
  private readonly shared = new Int32Array(new SharedArrayBuffer(SHARED_LENGTH * 4));
  private readonly directory: string;
  private readonly rootPid: number;
  private isDetached = false;

  constructor(directory: string, bellPid: number, start: StartRecord, verbose: boolean) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.directory = directory;
    this.rootPid = start.pid;
    const data: IoWorkerData = {
      directory,
      port: port2,
      bellPid,
      shared: this.shared,
      start,
      verbose,
    };
    const file = new URL(`worker${extname(import.meta.filename)}`, import.meta.url);
    const worker = new Worker(file, {
      workerData: data,
      transferList: [port2],
      resourceLimits: RESOURCE_LIMITS,
    });
    worker.unref();
  }

  get wantsPoints(): boolean {
    return Atomics.load(this.shared, SHARED_SUBSCRIBERS) > 0;
  }

  /**
   * Never waits, and what is on its way to the worker is bounded: an event beyond that is counted,
   * and the worker tells how many there were.
   */
  tell(event: SupervisorEvent, maps?: Uint8Array): void {
    if (Atomics.load(this.shared, SHARED_PENDING_EVENTS) >= this.roomFor(event)) {
      Atomics.add(this.shared, SHARED_LOST_EVENTS, 1);
      return;
    }
    Atomics.add(this.shared, SHARED_PENDING_EVENTS, 1);
    if (maps === undefined) this.send({ kind: 'event', event });
    else if (this.hasRoomForMaps(maps)) this.send({ kind: 'event', event, maps });
    else this.send({ kind: 'event', event: { ...event, unnamed: TOO_MANY_MAPS } as typeof event });
  }

  /** Falls are the first to be left out; the end, of which there is one, never is. */
  private roomFor({ type, pid }: SupervisorEvent): number {
    if (type === 'detach' || (type === 'exit' && pid === this.rootPid)) return Infinity;
    return type === 'fall' || type === 'point' ? PENDING_EVENTS_MAX : 2 * PENDING_EVENTS_MAX;
  }

  private hasRoomForMaps({ length }: Uint8Array): boolean {
    const pending = Atomics.add(this.shared, SHARED_PENDING_MAPS_BYTES, length);
    if (pending + length <= PENDING_MAPS_MAX_BYTES) return true;
    Atomics.sub(this.shared, SHARED_PENDING_MAPS_BYTES, length);
    return false;
  }

  startEvery(ms: number): void {
    this.send({ kind: 'every', ms });
  }

  /** Let the program go when this much processor time has been taken. */
  limitCpu(budgetMs: number): void {
    this.send({ kind: 'cpu-budget', ms: budgetMs });
  }

  /** Answer what has come. */
  receive(handlers: DeskHandlers): void {
    for (;;) {
      const envelope = receiveMessageOnPort(this.port) as { message: ToTracer } | undefined;
      if (envelope === undefined) return;
      const { message } = envelope;
      if (message.kind === 'tick') {
        handlers.tick();
        this.send({ kind: 'tick-done' });
      } else if (message.kind === 'started') handlers.started();
      else if (message.kind === 'spent') this.detach(handlers, SPENT);
      else this.answer(handlers, message);
    }
  }

  /** Have the log completed, and wait for that. */
  close(): void {
    this.send({ kind: 'close' });
    const deadline = Date.now() + CLOSE_TIMEOUT_MS;
    for (;;) {
      const state = Atomics.load(this.shared, SHARED_WORKER_STATE);
      const left = deadline - Date.now();
      if (state === WORKER_CLOSED) return;
      if (left <= 0) break;
      Atomics.wait(this.shared, SHARED_WORKER_STATE, state, left);
    }
    this.tellUnwritten();
  }

  /** The worker is stuck, or too late: what it still has is lost with it. */
  private tellUnwritten(): void {
    const { shared, rootPid } = this;
    Atomics.store(shared, SHARED_WORKER_STATE, WORKER_ABANDONED);
    const pending = Atomics.load(shared, SHARED_PENDING_EVENTS);
    const count = pending + Atomics.load(shared, SHARED_LOST_EVENTS);
    if (count === 0) return;
    const time = Date.now();
    const reason = 'the program ended before they could be written';
    const log = new LogWriter(this.directory);
    log.append({ type: 'lost', time, pid: rootPid, count, since: time, reason });
    log.close();
  }

  /** The worker listens, or cannot. */
  waitUntilStarted(): void {
    Atomics.wait(this.shared, SHARED_WORKER_STATE, WORKER_STARTING, CLOSE_TIMEOUT_MS);
  }

  private answer(handlers: DeskHandlers, request: TracerRequest): void {
    const { id } = request;
    if (request.method === 'detach') {
      if (this.detach(handlers, 'asked to')) this.send({ kind: 'reply', id, result: {} });
      return;
    }
    try {
      this.send({ kind: 'reply', id, result: handlers.answer(request) });
    } catch (caught) {
      const { code, message, hint } = asBelayError(caught);
      const error = hint === undefined ? { code, message } : { code, message, hint };
      this.send({ kind: 'reply', id, error });
    }
  }

  /** False: that has been done. */
  private detach(handlers: DeskHandlers, reason: string): boolean {
    if (this.isDetached) return false;
    this.isDetached = true;
    const pid = handlers.detach();
    this.tell({ type: 'detach', time: Date.now(), pid, reason });
    return true;
  }

  private send(message: FromTracer): void {
    this.port.postMessage(message);
  }
}
