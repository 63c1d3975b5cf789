/** The thread of the I/O worker, and the canary that tells of its end: one after the other. */
import { existsSync } from 'node:fs';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { ownFile } from '../own-file.ts';
import { pause } from '../sys/pause.ts';
import { startCanary } from './canary.ts';
import {
  SHARED_EVENTS_CLAIMED,
  SHARED_OPENED,
  SHARED_PENDING_EVENTS,
  SHARED_PENDING_MAPS_BYTES,
  SHARED_SUBSCRIBERS,
  SHARED_WORKER_STATE,
  SHARED_WORKER_TID,
  WORKER_STARTING,
  type IoWorkerData,
  type Opening,
} from './messages.ts';
import type { Place } from './place.ts';

/**
 * Chosen: the longest list of points and its text take some 100 MB; and garbage is collected early,
 * since the memory of a supervisor is what its program costs more.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 3 };

/** Chosen: how long a thread that is told to end is waited for, and how often it is looked at. */
const ENDING_MAX_MS = 1000;
const LOOK_AGAIN_MS = 20;

export class IoThread {
  /** Ends when the worker ends. 0: there is none. */
  canaryPid = 0;
  port: MessagePort | undefined;
  private worker: Worker | undefined;
  private openings: readonly Opening[] = [];
  private readonly place: Place;
  private readonly shared: Int32Array;

  constructor(place: Place, shared: Int32Array) {
    this.place = place;
    this.shared = shared;
  }

  begin(opening: Opening): void {
    const openings = [...this.unopened, opening];
    this.openings = openings;
    this.clear();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.canaryPid = startCanary();
    const { place, shared, canaryPid } = this;
    const workerData: IoWorkerData = { ...place, port: port2, canaryPid, shared, openings };
    this.worker = new Worker(ownFile('desk/worker'), {
      workerData,
      transferList: [port2],
      resourceLimits: RESOURCE_LIMITS,
    });
    this.worker.unref();
  }

  /** Should it be only its canary that has ended: two would serve one socket. */
  end(): void {
    void this.worker?.terminate();
    const task = `/proc/self/task/${Atomics.load(this.shared, SHARED_WORKER_TID)}`;
    for (
      let waitedMs = 0;
      waitedMs < ENDING_MAX_MS && existsSync(task);
      waitedMs += LOOK_AGAIN_MS
    ) {
      pause(LOOK_AGAIN_MS);
    }
  }

  /** It has ended, and none takes its place. */
  forget(): void {
    this.port = undefined;
    this.canaryPid = 0;
    this.clear();
  }

  get isForgotten(): boolean {
    return this.canaryPid === 0;
  }

  /** What the last thread was to begin its log with, and did not. */
  get unopened(): readonly Opening[] {
    return Atomics.load(this.shared, SHARED_OPENED) === 0 ? this.openings : [];
  }

  /** What counts for one thread only. */
  private clear(): void {
    const { shared } = this;
    const events = [SHARED_PENDING_EVENTS, SHARED_PENDING_MAPS_BYTES, SHARED_EVENTS_CLAIMED];
    const others = [SHARED_SUBSCRIBERS, SHARED_WORKER_TID, SHARED_OPENED];
    for (const index of [...events, ...others]) Atomics.store(shared, index, 0);
    Atomics.store(shared, SHARED_WORKER_STATE, WORKER_STARTING);
  }
}
