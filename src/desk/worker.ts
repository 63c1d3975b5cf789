/**
 * The supervisor's I/O thread: socket, log, symbols and the `--every` clock; see io-messages.ts.
 *
 * Events are handled one after the other in the order the tracer sent them, so the log's order is
 * the order of what happened. If the disk is full or the socket cannot be made, supervision goes
 * on.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { CpuWatch } from './cpu-watch.ts';
import { FallAnnotator } from './fall-annotator.ts';
import { LogWriter } from './log-writer.ts';
import {
  SHARED_SUBSCRIBERS,
  SHARED_WORKER_STATE,
  WORKER_CLOSED,
  WORKER_DEAF,
  WORKER_LISTENING,
} from './messages.ts';
import type { FromTracer, IoWorkerData, ToTracer } from './messages.ts';
import { SocketServer } from './socket-server.ts';
import type { Answer } from './peer.ts';
import { Ticker } from './ticker.ts';
import { escapeControls } from '../plain-text.ts';
import { formatFallLine } from '../protocol/fall-line.ts';
import type { Request } from '../protocol/messages.ts';
import type { LogRecord, SupervisorEvent } from '../protocol/records.ts';

const STDERR = 2;
/** Chosen: in a storm of falls, names are given up before memory is. */
const ANNOTATED_BACKLOG_MAX = 256;

class IoWorker {
  readonly #data: IoWorkerData;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #annotator = new FallAnnotator();
  readonly #ticker = new Ticker(() => {
    this.#tell({ kind: 'tick' });
  });
  readonly #cpuWatch = new CpuWatch();
  readonly #socket: SocketServer;
  #log: LogWriter | undefined;
  #queue: Promise<void> = Promise.resolve();
  #backlogCount = 0;
  #nextId = 1;

  constructor(data: IoWorkerData) {
    this.#data = data;
    this.#socket = new SocketServer({
      directory: data.directory,
      pid: data.start.pid,
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
    this.#guard('open the log', () => {
      this.#log = new LogWriter(this.#data.directory);
    });
    this.#append(this.#data.start);
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
    this.#tell({ kind: 'started' });
  }

  #receive(message: FromTracer): void {
    switch (message.kind) {
      case 'reply':
        this.#inOrder(() => {
          this.#reply(message);
        });
        break;
      case 'event': {
        const maps = this.#backlogCount > ANNOTATED_BACKLOG_MAX ? undefined : message.maps;
        this.#inOrder(() => this.#record(message.event, maps));
        break;
      }
      case 'every':
        this.#ticker.start(message.ms);
        break;
      case 'tick-done':
        this.#ticker.done();
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
    this.#backlogCount += 1;
    this.#queue = this.#queue
      .then(step)
      .catch((error: unknown) => {
        this.#complain('handle an event', error);
      })
      .finally(() => {
        this.#backlogCount -= 1;
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

  async #record(event: SupervisorEvent, maps: Uint8Array | undefined): Promise<void> {
    const isFallen = event.type === 'fall' || event.type === 'giveup';
    const record =
      isFallen && maps !== undefined ? await this.#annotator.annotate(event, maps) : event;
    if (record.type !== 'point') this.#append(record);
    if (this.#data.verbose && (record.type === 'fall' || record.type === 'giveup')) {
      writeStderr(`belay: ${formatFallLine(record)}\n`);
    }
    if (Atomics.load(this.#data.shared, SHARED_SUBSCRIBERS) > 0) this.#socket.broadcast(record);
  }

  #append(record: LogRecord): void {
    this.#guard('write the log', () => this.#log?.append(record));
  }

  async #close(): Promise<void> {
    this.#ticker.start(0);
    this.#cpuWatch.stop();
    this.#pending.clear();
    await this.#socket.close();
    this.#annotator.close();
    this.#log?.close();
    this.#log = undefined;
    this.#announce(WORKER_CLOSED);
    this.#data.port.close();
  }

  #tell(message: ToTracer): void {
    this.#data.port.postMessage(message);
    try {
      process.kill(this.#data.bellPid, 'SIGURG');
    } catch {
      // The bell is gone with the tracer's last tracee; the supervisor is about to end.
    }
  }

  #announce(state: number): void {
    Atomics.store(this.#data.shared, SHARED_WORKER_STATE, state);
    Atomics.notify(this.#data.shared, SHARED_WORKER_STATE);
  }

  #guard(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#complain(what, error);
    }
  }

  #complain(what: string, error: unknown): void {
    if (!this.#data.verbose) return;
    const why = error instanceof Error ? error.message : String(error);
    writeStderr(`belay: cannot ${what}: ${escapeControls(why)}\n`);
  }
}

function writeStderr(text: string): void {
  try {
    writeSync(STDERR, text);
  } catch {
    // The terminal is gone; the log has it.
  }
}

await new IoWorker(workerData as IoWorkerData).start();
