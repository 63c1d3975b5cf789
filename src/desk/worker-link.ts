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
import type { News } from './news.ts';
import {
  SHARED_LENGTH,
  SHARED_SUBSCRIBERS,
  SHARED_WORKER_STATE,
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

const SPENT = 'the processor time that its caller allows (ulimit -t) is used up';

export class WorkerLink implements News {
  private readonly port: MessagePort;
  private readonly shared = new Int32Array(new SharedArrayBuffer(SHARED_LENGTH * 4));
  private isDetached = false;

  constructor(directory: string, bellPid: number, start: StartRecord, verbose: boolean) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
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

  tell(event: SupervisorEvent, maps?: Uint8Array): void {
    this.send(maps === undefined ? { kind: 'event', event } : { kind: 'event', event, maps });
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
      if (state === WORKER_CLOSED || left <= 0) return;
      Atomics.wait(this.shared, SHARED_WORKER_STATE, state, left);
    }
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
