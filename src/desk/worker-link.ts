/** The tracer's end of the wire to its I/O worker. */
import { receiveMessageOnPort } from 'node:worker_threads';
import { asBelayError } from '../errors.ts';
import type { SupervisorEvent, StartRecord, WarningRecord } from '../protocol/records.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { readSupervisorFile } from '../registry/state-files.ts';
import { kill } from '../sys/process.ts';
import { ownCpuMs } from './cpu-watch.ts';
import { IoThread } from './io-thread.ts';
import { measure } from './measure.ts';
import { isPassing, Outgoing, roomFor } from './outgoing.ts';
import type { Place } from './place.ts';
import { Unwritten } from './unwritten.ts';
import { writeLast, writeWarning } from './write-last.ts';
import type { News } from './news.ts';
import {
  NO_MORE_CLAIMS,
  SHARED_BELL_PID,
  SHARED_EVENTS_CLAIMED,
  SHARED_EVENTS_DONE,
  SHARED_LENGTH,
  SHARED_LOST_EVENTS,
  SHARED_PENDING_EVENTS,
  SHARED_PENDING_MAPS_BYTES,
  SHARED_SUBSCRIBERS,
  SHARED_UNLOGGED,
  SHARED_WORKER_STATE,
  WORKER_ABANDONED,
  WORKER_CLOSED,
  WORKER_DEAF,
  WORKER_STARTING,
  type FromTracer,
  type Opening,
  type ToTracer,
  type TracerRequest,
} from './messages.ts';

/** What the worker asks for is done by those above. */
export interface DeskHandlers {
  /** Throws BelayError. */
  answer(request: TracerRequest): unknown;
  /** It is time for `--every` points. */
  tick(): void;
  /** It is time to give back memory. */
  tidy(): void;
  /** Let the whole program go. */
  detach(): void;
}

const SIGKILL = 9;

/** Chosen: how long the end of the program waits for its log to be written. */
const CLOSE_TIMEOUT_MS = 3000;

/** Chosen: the maps of 100 falls of a program of ordinary size. */
const PENDING_MAPS_MAX_BYTES = 4 * 1024 * 1024;
/** Why an instruction has no names, when its maps are not sent along. */
const TOO_MANY_MAPS = 'too many mappings, or falls that come too fast, to look it up';

/** Chosen: of the processor time that is kept in reserve, a sixth is for names in the log. */
const CPU_FOR_LOG_MS = 50;
const SPENT = 'the processor time that its caller allows (ulimit -t) is used up';

/** Chosen: what ends this often is ended by something that goes on. */
const ENDS_MAX_COUNT = 5;
const ENDS_WITHIN_MS = 60_000;
/** Chosen. */
const LOOK_AGAIN_MS = 20;
/** Chosen: a busy machine starts a thread of Node's in less. */
const START_MAX_MS = 10_000;

const ENDED_BEFORE = 'the program ended before they could be written';
const NOBODY_WRITES = 'there was nobody to write them any more';
const BEGUN_AGAIN = 'the thread that keeps this log and serves requests ended; it was begun again';
const GIVEN_UP =
  'the thread that keeps this log and serves requests ends again and again: ' +
  'the program goes on without log, requests and points of --every';

export class WorkerLink implements News {
  private readonly thread: IoThread;
  private readonly shared = new Int32Array(new SharedArrayBuffer(SHARED_LENGTH * 4));
  private readonly unwritten = new Unwritten();
  private readonly outgoing = new Outgoing((message) => this.thread.port?.postMessage(message));
  /** What a worker has to be told when it begins. */
  private readonly settings: FromTracer[] = [];
  private readonly endedAtMs: number[] = [];
  private readonly place: Place;
  private readonly pid: number;
  private begunAtMs = 0;
  /** What the log says of having let the program go. */
  private detached: Extract<SupervisorEvent, { type: 'detach' }> | undefined = undefined;
  private budgetMs = Infinity;

  constructor(directory: string, bellPid: number, start: StartRecord, verboseFd?: number) {
    const { pid } = start;
    this.place = { directory, file: readSupervisorFile(directory), pid, verboseFd };
    this.pid = pid;
    this.bellPid = bellPid;
    this.thread = new IoThread(this.place, this.shared);
    this.begin(start);
  }

  /** Rung by the worker when it has something for the tracer. */
  set bellPid(pid: number) {
    Atomics.store(this.shared, SHARED_BELL_PID, pid);
  }

  /** Ends when the worker ends: see canary.ts. 0: there is no worker any more. */
  get canaryPid(): number {
    return this.thread.canaryPid;
  }

  get wantsPoints(): boolean {
    return Atomics.load(this.shared, SHARED_SUBSCRIBERS) > 0;
  }

  /**
   * Never waits, and what is on its way to the worker is bounded: an event beyond that is counted,
   * and the worker tells how many there were.
   */
  tell(event: SupervisorEvent, maps?: Uint8Array): void {
    this.endIfStuck();
    if (Atomics.load(this.shared, SHARED_PENDING_EVENTS) >= roomFor(event, this.pid)) {
      Atomics.add(this.shared, SHARED_LOST_EVENTS, 1);
      return;
    }
    if (event.type !== 'point') {
      this.unwritten.add(event, Atomics.load(this.shared, SHARED_EVENTS_DONE));
    }
    Atomics.add(this.shared, SHARED_PENDING_EVENTS, 1);
    if (isPassing(event)) this.outgoing.put(event);
    else if (maps === undefined) this.outgoing.send({ kind: 'event', event });
    else if (this.hasRoomForMaps(maps)) this.outgoing.send({ kind: 'event', event, maps });
    else
      this.outgoing.send({
        kind: 'event',
        event: { ...event, unnamed: TOO_MANY_MAPS } as typeof event,
      });
  }

  onAlarm(): void {
    this.outgoing.onAlarm();
  }

  private hasRoomForMaps({ length }: Uint8Array): boolean {
    const pending = Atomics.add(this.shared, SHARED_PENDING_MAPS_BYTES, length);
    if (pending + length <= PENDING_MAPS_MAX_BYTES) return true;
    Atomics.sub(this.shared, SHARED_PENDING_MAPS_BYTES, length);
    return false;
  }

  startEvery(ms: number): void {
    this.set({ kind: 'every', ms });
  }

  /** Let the program go when this much processor time has been taken. */
  limitCpu(budgetMs: number): void {
    this.budgetMs = budgetMs;
    this.set({ kind: 'cpu-budget', ms: budgetMs });
  }

  /** Asked at each event: a worker that is behind with its log looks too late. */
  get isSpent(): boolean {
    return this.detached === undefined && this.hasTaken(0);
  }

  private hasTaken(overMs: number): boolean {
    return this.budgetMs < Infinity && ownCpuMs() >= this.budgetMs + overMs;
  }

  /** Answer what has come. */
  receive(handlers: DeskHandlers): void {
    if (this.isSpent) this.detach(handlers, SPENT);
    for (;;) {
      const { port } = this.thread;
      if (port === undefined) return;
      const envelope = receiveMessageOnPort(port) as { message: ToTracer } | undefined;
      if (envelope === undefined) return;
      const { message } = envelope;
      if (message.kind === 'tick') {
        this.outgoing.send({ kind: 'tick-done', ...measure(() => handlers.tick()) });
      } else if (message.kind === 'spent') this.detach(handlers, SPENT);
      else if (message.kind === 'tidy') handlers.tidy();
      else this.answer(handlers, message);
    }
  }

  /** The worker has ended: another one takes its place, unless that has been in vain too often. */
  replace(): void {
    this.thread.end();
    this.outgoing.drop();
    const { events, lostCount } = this.unwritten.take(
      Atomics.exchange(this.shared, SHARED_EVENTS_DONE, 0),
    );
    const now = performance.now();
    while (now - (this.endedAtMs[0] ?? now) > ENDS_WITHIN_MS) this.endedAtMs.shift();
    if (this.endedAtMs.push(now) > ENDS_MAX_COUNT) {
      this.giveUp(events, lostCount);
      return;
    }
    const lost = lostCount === 0 ? '' : `, and ${lostCount} records are lost`;
    const isBegun = this.tryBegin(this.warning(BEGUN_AGAIN + lost));
    for (const event of events) this.tell(event);
    for (const message of this.settings) this.outgoing.send(message);
    if (isBegun) this.waitUntilStarted();
    if (Atomics.load(this.shared, SHARED_WORKER_STATE) !== WORKER_STARTING) return;
    // It ended before the kernel knew that its canary is to end with it.
    if (isBegun) kill(this.canaryPid, SIGKILL);
    this.replace();
  }

  /** Have the log completed, and wait for that. How many records it could not be told of. */
  close(patienceMs = CLOSE_TIMEOUT_MS): number {
    this.set({ kind: 'close' });
    // A thread of Node's that is still loading cannot be ended without a word on standard error.
    this.waitUntilStarted();
    const deadline = Date.now() + patienceMs;
    while (this.canaryPid !== 0 && Date.now() < deadline && !this.hasTaken(CPU_FOR_LOG_MS)) {
      const state = Atomics.load(this.shared, SHARED_WORKER_STATE);
      if (state === WORKER_CLOSED) return Atomics.load(this.shared, SHARED_UNLOGGED);
      if (Atomics.wait(this.shared, SHARED_WORKER_STATE, state, LOOK_AGAIN_MS) !== 'timed-out') {
        continue;
      }
      if (readStartTime(this.canaryPid) === undefined) this.replace();
    }
    return this.writeUnwritten();
  }

  /** The worker is stuck, or too late: what it still has is written here. */
  private writeUnwritten(): number {
    const { shared, pid } = this;
    Atomics.store(shared, SHARED_WORKER_STATE, WORKER_ABANDONED);
    const claimed = Atomics.exchange(shared, SHARED_EVENTS_CLAIMED, NO_MORE_CLAIMS);
    const { events, lostCount } = this.unwritten.take(claimed);
    const count = lostCount + Atomics.load(shared, SHARED_LOST_EVENTS);
    const time = Date.now();
    const since = events[0]?.time ?? time;
    const whoEnded = this.thread.isForgotten ? NOBODY_WRITES : ENDED_BEFORE;
    const reason = this.hasTaken(0) ? SPENT : whoEnded;
    const lost = { type: 'lost', time, pid, count, since, reason } as const;
    // The last to be told there may have been no room to remember.
    const { detached } = this;
    const isLeftOut = lostCount > 0 && detached !== undefined && !events.includes(detached);
    return writeLast(this.place, isLeftOut ? [...events, detached] : events, lost);
  }

  /** The worker listens, or cannot. */
  waitUntilStarted(): void {
    Atomics.wait(this.shared, SHARED_WORKER_STATE, WORKER_STARTING, CLOSE_TIMEOUT_MS);
  }

  private answer(handlers: DeskHandlers, request: TracerRequest): void {
    const { id } = request;
    if (request.method === 'detach') {
      if (this.detach(handlers, 'asked to')) this.outgoing.send({ kind: 'reply', id, result: {} });
      return;
    }
    try {
      this.outgoing.send({ kind: 'reply', id, result: handlers.answer(request) });
    } catch (caught) {
      const { code, message, hint } = asBelayError(caught);
      const error = hint === undefined ? { code, message } : { code, message, hint };
      this.outgoing.send({ kind: 'reply', id, error });
    }
  }

  /** False: that has been done. */
  private detach(handlers: DeskHandlers, reason: string): boolean {
    if (this.detached !== undefined) return false;
    this.detached = { type: 'detach', time: Date.now(), pid: this.pid, reason };
    handlers.detach();
    this.tell(this.detached);
    return true;
  }

  /** One that ended before it watched over its canary: its canary's end is heard of. */
  private endIfStuck(): void {
    if (Atomics.load(this.shared, SHARED_WORKER_STATE) !== WORKER_STARTING) return;
    if (performance.now() - this.begunAtMs > START_MAX_MS) kill(this.canaryPid, SIGKILL);
  }

  private set(message: FromTracer): void {
    this.settings.push(message);
    this.outgoing.send(message);
  }

  private begin(opening: Opening): void {
    this.begunAtMs = performance.now();
    this.thread.begin(opening);
  }

  /** False: there is no room for a thread or a process. */
  private tryBegin(start: WarningRecord): boolean {
    try {
      this.begin(start);
      return true;
    } catch {
      return false;
    }
  }

  /** What nobody has written yet is written at the end of the program: see writeUnwritten. */
  private giveUp(events: readonly SupervisorEvent[], lostCount: number): void {
    const { unopened } = this.thread;
    this.thread.forget();
    Atomics.store(this.shared, SHARED_WORKER_STATE, WORKER_DEAF);
    Atomics.add(this.shared, SHARED_LOST_EVENTS, lostCount);
    for (const event of events) this.tell(event);
    writeWarning(this.place, unopened, this.warning(GIVEN_UP));
  }

  private warning(message: string): WarningRecord {
    return { type: 'warning', time: Date.now(), pid: this.pid, message };
  }
}
