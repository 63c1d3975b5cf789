/**
 * The supervisor's I/O thread: socket, log, symbols and the `--every` clock; see messages.ts.
 *
 * Events are handled one after the other in the order the tracer sent them, so the log's order is
 * the order of what happened. If the disk is full or the socket cannot be made, supervision goes
 * on.
 */
import { readlinkSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { CallerLines } from './caller-lines.ts';
import { CpuWatch } from './cpu-watch.ts';
import { FallAnnotator } from './fall-annotator.ts';
import type { LogWriter } from './log-writer.ts';
import {
  NO_MORE_CLAIMS,
  SHARED_BELL_PID,
  SHARED_EVENTS_CLAIMED,
  SHARED_EVENTS_DONE,
  SHARED_LOST_EVENTS,
  SHARED_OPENED,
  SHARED_PENDING_EVENTS,
  SHARED_PENDING_MAPS_BYTES,
  SHARED_SUBSCRIBERS,
  SHARED_UNLOGGED,
  SHARED_WORKER_STATE,
  SHARED_WORKER_TID,
  WORKER_ABANDONED,
  WORKER_CLOSED,
  WORKER_DEAF,
  WORKER_LISTENING,
} from './messages.ts';
import type { FromTracer, IoWorkerData, ToTracer } from './messages.ts';
import { OwnMemory } from './own-memory.ts';
import { openLog } from './place.ts';
import { SocketServer } from './socket-server.ts';
import type { Answer } from './peer.ts';
import { Ticker } from './ticker.ts';
import { watchOver } from './canary.ts';
import { escapeControls } from '../plain-text.ts';
import { formatFallLine } from '../protocol/fall-line.ts';
import { fitRecord } from '../protocol/record-size.ts';
import type { Request } from '../protocol/messages.ts';
import type { LogRecord, SupervisorEvent } from '../protocol/records.ts';

/** Chosen: how soon a log that could not be written is tried again when nothing else happens. */
const RETRY_LOG_MS = 1000;
/** Chosen: how long events that were left out are counted before that is told. */
const COUNT_LOST_MS = 1000;

class IoWorker {
  readonly #data: IoWorkerData;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #annotator = new FallAnnotator();
  readonly #ticker = new Ticker(() => {
    this.#tell({ kind: 'tick' });
  });
  readonly #cpuWatch = new CpuWatch();
  readonly #ownMemory = new OwnMemory(() => {
    this.#tell({ kind: 'tidy' });
  });
  readonly #socket: SocketServer;
  readonly #log: LogWriter;
  readonly #caller: CallerLines;
  #retryTimer: NodeJS.Timeout | undefined;
  /** When it was seen that events are left out, and the time of the last one before. */
  #losing: { readonly sinceMs: number; readonly time: number } | undefined;
  #queue: Promise<void> = Promise.resolve();
  #nextId = 1;

  constructor(data: IoWorkerData) {
    this.#data = data;
    const { directory, verboseFd } = data;
    this.#caller = new CallerLines(verboseFd);
    this.#log = openLog(data);
    this.#socket = new SocketServer({
      directory,
      pid: data.pid,
      handle: (request, answer) => {
        this.#forward(request, answer);
      },
      onSubscribers: (count) => {
        Atomics.store(data.shared, SHARED_SUBSCRIBERS, count);
      },
      onMistake: (error) => {
        this.#complain('serve a client', error);
      },
    });
  }

  async start(): Promise<void> {
    this.#append(...this.#data.openings);
    Atomics.store(this.#data.shared, SHARED_OPENED, 1);
    this.#data.port.on('message', (message: FromTracer) => {
      this.#receive(message);
    });
    try {
      await this.#socket.listen();
      this.#announce(WORKER_LISTENING);
    } catch (error) {
      this.#complain('open the socket', error);
      this.#announce(WORKER_DEAF);
    }
    this.#ownMemory.start();
  }

  #receive(message: FromTracer): void {
    switch (message.kind) {
      case 'reply':
        this.#inOrder(() => {
          this.#reply(message);
        });
        break;
      case 'event':
        this.#inOrder(() => this.#recordSent(message.event, message.maps));
        break;
      case 'events':
        this.#inOrder(() => {
          this.#recordTogether(message.events);
        });
        break;
      case 'every':
        this.#ticker.start(message.ms);
        break;
      case 'tick-done':
        this.#ticker.done(message.tookMs, message.processorMs);
        break;
      case 'cpu-budget':
        this.#cpuWatch.start(message.ms, () => {
          this.#tell({ kind: 'spent' });
        });
        break;
      case 'close':
        this.#inOrder(() => this.#close());
        break;
    }
  }

  #inOrder(step: () => void | Promise<void>): void {
    this.#queue = this.#queue.then(step).catch((error: unknown) => {
      this.#complain('handle an event', error);
    });
  }

  #forward(request: Request, answer: (answer: Answer) => void): void {
    const { method, params } = request;
    if (method === 'subscribe') return;
    const id = this.#nextId++;
    this.#pending.set(id, answer);
    this.#tell({ kind: 'request', id, method, params });
  }

  #reply(message: Extract<FromTracer, { kind: 'reply' }>): void {
    const answer = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    answer?.('error' in message ? { error: message.error } : { result: message.result });
  }

  /** What the tracer counts as on its way is so until it is written, whatever happens to it. */
  async #recordSent(event: SupervisorEvent, maps: Uint8Array | undefined): Promise<void> {
    const { shared } = this.#data;
    if (Atomics.load(shared, SHARED_WORKER_STATE) === WORKER_ABANDONED) return;
    try {
      await this.#record(event, maps);
    } finally {
      Atomics.sub(shared, SHARED_PENDING_EVENTS, 1);
      Atomics.sub(shared, SHARED_PENDING_MAPS_BYTES, maps?.length ?? 0);
      if (event.type !== 'point') Atomics.add(shared, SHARED_EVENTS_DONE, 1);
    }
    this.#tellLeftOut(event.time);
  }

  /** Those that nobody waits for: the log's file is looked at once for all of them. */
  #recordTogether(events: readonly SupervisorEvent[]): void {
    const { shared } = this.#data;
    if (Atomics.load(shared, SHARED_WORKER_STATE) === WORKER_ABANDONED) return;
    const records = events.map(fitRecord).filter((record) => record.type !== 'point');
    try {
      if (!this.#claim(records.length)) return;
      this.#append(...records);
    } finally {
      Atomics.sub(shared, SHARED_PENDING_EVENTS, events.length);
      Atomics.add(shared, SHARED_EVENTS_DONE, records.length);
    }
    if (Atomics.load(shared, SHARED_SUBSCRIBERS) > 0) {
      for (const record of records) this.#socket.broadcast(record);
    }
    this.#tellLeftOut(events.at(-1)?.time ?? Date.now());
  }

  async #record(event: SupervisorEvent, maps: Uint8Array | undefined): Promise<void> {
    const isFallen = event.type === 'fall' || event.type === 'giveup';
    const named =
      isFallen && maps !== undefined ? await this.#annotator.annotate(event, maps) : event;
    const record = fitRecord(named);
    if (record.type !== 'point') {
      if (!this.#claim()) return;
      this.#append(record);
    }
    if (record.type === 'fall' || record.type === 'giveup') {
      this.#caller.say(formatFallLine(record));
    }
    if (Atomics.load(this.#data.shared, SHARED_SUBSCRIBERS) > 0) this.#socket.broadcast(record);
  }

  /** The next records are ours to write; false: they are the tracer's by now. */
  #claim(more = 1): boolean {
    const { shared } = this.#data;
    const count = Atomics.load(shared, SHARED_EVENTS_CLAIMED);
    if (count === NO_MORE_CLAIMS) return false;
    return Atomics.compareExchange(shared, SHARED_EVENTS_CLAIMED, count, count + more) === count;
  }

  /** After those that were sent before: the ones that the tracer had no room for. */
  #tellLeftOut(time: number): void {
    const { shared, pid } = this.#data;
    if (Atomics.load(shared, SHARED_LOST_EVENTS) === 0) return;
    this.#losing ??= { sinceMs: performance.now(), time };
    const isTime = performance.now() - this.#losing.sinceMs > COUNT_LOST_MS;
    if (!isTime && Atomics.load(shared, SHARED_PENDING_EVENTS) > 0) return;
    const count = Atomics.exchange(shared, SHARED_LOST_EVENTS, 0);
    const since = this.#losing.time;
    this.#losing = undefined;
    const reason = 'they came faster than they could be written';
    const lost = { type: 'lost', time: Date.now(), pid, count, since, reason } as const;
    this.#append(lost);
    this.#socket.broadcast(lost);
  }

  #append(...records: LogRecord[]): void {
    this.#log.append(...records);
    const { lost } = this.#log;
    if (lost === undefined || this.#retryTimer !== undefined) return;
    this.#complain('write the log', lost.reason);
    this.#retryLater();
  }

  /** What is lost is told as soon as that can be written, though nothing else may happen then. */
  #retryLater(): void {
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      if (!this.#log.flush()) this.#retryLater();
    }, RETRY_LOG_MS).unref();
  }

  async #close(): Promise<void> {
    this.#ticker.start(0);
    this.#cpuWatch.stop();
    this.#ownMemory.stop();
    this.#pending.clear();
    await this.#socket.close();
    this.#annotator.close();
    clearTimeout(this.#retryTimer);
    this.#log.close();
    Atomics.store(this.#data.shared, SHARED_UNLOGGED, this.#log.lost?.count ?? 0);
    this.#caller.flush();
    this.#announce(WORKER_CLOSED);
    this.#data.port.close();
  }

  #tell(message: ToTracer): void {
    this.#data.port.postMessage(message);
    try {
      const bellPid = Atomics.load(this.#data.shared, SHARED_BELL_PID);
      if (bellPid > 0) process.kill(bellPid, 'SIGURG');
    } catch {
      // The bell is gone: the supervisor is about to end, or has another one in a moment.
    }
  }

  #announce(state: number): void {
    Atomics.store(this.#data.shared, SHARED_WORKER_STATE, state);
    Atomics.notify(this.#data.shared, SHARED_WORKER_STATE);
  }

  #complain(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#caller.say(`cannot ${what}: ${escapeControls(why)}`);
  }
}

const data = workerData as IoWorkerData;
const [, , tid] = readlinkSync('/proc/thread-self').split('/');
Atomics.store(data.shared, SHARED_WORKER_TID, Number(tid));
watchOver(data.canaryPid);
await new IoWorker(data).start();
