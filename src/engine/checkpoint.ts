/**
 * Makes a point: stop every thread, save what changed, go.
 *
 * The steps, and what a failure in each leaves behind: nothing. Pages whose protection was renewed
 * but which could not be saved stay listed in the memory resource for the next point.
 */
import { SYS } from '../arch/x64/syscalls.ts';
import { STACK_T_SIZE, type ThreadImage } from '../resources/threads/threads.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import { PR_GET_TID_ADDRESS } from '../sys/prctl.ts';
import { RemoteCalls } from '../tracee/remote-calls.ts';
import { Scratch } from '../tracee/scratch.ts';
import type { Thread } from '../tracee/thread.ts';
import { RemoteSession } from './remote-session.ts';
import { Resources, type Point, type PointOrigin, type TracedProcess } from './traced-process.ts';

/** Chosen: a thread is asked about four times in its first five seconds, then never again. */
const YOUNG_MS = 5000;
const ASK_AGAIN_FACTOR = 10;

export interface CheckpointRequest {
  readonly cd: number;
  readonly origin: PointOrigin;
  /** The thread that asked; its registers already hold what the call will answer. */
  readonly caller: Thread | undefined;
  readonly why: number;
  /** When the pause began, from process.hrtime. */
  readonly startedAt: [number, number];
}

/** Make a point of a frozen process. Throws; then no point was made and nothing is lost. */
export function makePoint(
  pump: EventPump,
  process_: TracedProcess,
  request: CheckpointRequest,
): Point {
  const session = new RemoteSession(
    pump,
    () => request.caller ?? chooseThread(process_),
    process_.syscallAddress,
    process_.target,
  );
  try {
    const resources = (process_.resources ??= setUp(process_, session));
    const { mappings, memory, files } = resources;
    readNewThreads(pump, process_, session);
    const signals = resources.signals.capture(session.use, process_.target);
    session.end();
    const renewed = mappings.refresh(session.use) ?? [];
    session.end();
    const threads = captureThreads(process_, resources);
    const open = files.capture();
    const delta = memory.capture(mappings.table, renewed);
    const point: Point = {
      cd: request.cd,
      origin: request.origin,
      time: Date.now(),
      tid: request.caller?.tid ?? 0,
      why: request.why,
      delta,
      table: mappings.table,
      threads,
      files: open,
      signals,
      pauseNs: elapsedNs(request.startedAt),
      pages: delta.pages.length,
      rollbacks: 0,
      falls: 0,
      isHidden: false,
    };
    addPoint(process_, point);
    return point;
  } finally {
    session.end();
  }
}

export function elapsedNs(startedAt: [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime(startedAt);
  return seconds * 1e9 + nanoseconds;
}

/** A thread whose stop is the least trouble to make calls from. */
export function chooseThread(process_: TracedProcess): Thread {
  let best: Thread | undefined;
  for (const thread of process_.group.threads.values()) {
    if (thread.state !== 'stopped') continue;
    if (thread.stop?.kind === 'interrupt') return thread;
    best ??= thread;
  }
  if (best === undefined) throw new RangeError(`process ${process_.pid} has no stopped thread`);
  return best;
}

function setUp(process_: TracedProcess, session: RemoteSession): Resources {
  const { calls } = session.use();
  const resources = new Resources(process_.pid, process_.target, calls);
  process_.sealVdso(calls);
  process_.sealRseq(calls);
  return resources;
}

function captureThreads(process_: TracedProcess, { threads }: Resources): ThreadImage[] {
  const images: ThreadImage[] = [];
  for (const thread of process_.group.threads.values()) {
    const image = threads.capture(thread);
    if (image !== undefined) images.push(image);
  }
  return images;
}

/**
 * Ask threads for what only they can tell, which takes two calls of theirs: when they are first
 * seen, and again while they are young, since threads set up their alternate stack early in life.
 */
function readNewThreads(pump: EventPump, process_: TracedProcess, session: RemoteSession): void {
  if (process_.group.threads.size === 1 || !process_.canChooseTids) return;
  const now = performance.now();
  for (const thread of process_.group.threads.values()) {
    // A leader cannot be made again: what it has is never needed.
    if (thread.tid === process_.pid || now < thread.askAgainMs) continue;
    session.end();
    askThread(pump, process_, thread);
    const ageMs = now - thread.seenMs;
    thread.askAgainMs = ageMs > YOUNG_MS ? Infinity : now + Math.max(ageMs, 1) * ASK_AGAIN_FACTOR;
  }
}

function askThread(pump: EventPump, process_: TracedProcess, thread: Thread): void {
  const calls = new RemoteCalls(pump, thread, process_.syscallAddress);
  try {
    const scratch = new Scratch(calls, process_.target);
    const address = scratch.put(Buffer.alloc(STACK_T_SIZE + 8));
    calls.call(SYS.sigaltstack, 0, address);
    calls.call(SYS.prctl, PR_GET_TID_ADDRESS, address + STACK_T_SIZE);
    const bytes = process_.target.read(address, STACK_T_SIZE + 8);
    thread.alternateStack = Buffer.from(bytes.subarray(0, STACK_T_SIZE));
    thread.clearChildTid = Number(bytes.readBigUInt64LE(STACK_T_SIZE));
    scratch.release();
  } finally {
    calls.end();
  }
}

function addPoint(process_: TracedProcess, point: Point): void {
  const { points } = process_;
  const newest = points.at(-1);
  if (newest?.isHidden === true) dropPoint(process_, newest);
  // Whatever lies behind the newest point was survived: its count of falls starts anew.
  const passed = process_.points.at(-1);
  if (passed !== undefined) {
    for (const older of process_.points) if (older !== passed) older.falls = 0;
  }
  process_.points.push(point);
}

/** Forget a point. The newest stays as a hidden base until a newer one is made. */
export function forgetPoint(process_: TracedProcess, point: Point): void {
  for (const older of process_.points) {
    if (older.cd < point.cd) older.falls = 0;
  }
  point.isHidden = true;
  if (process_.points.at(-1) !== point) dropPoint(process_, point);
}

function dropPoint(process_: TracedProcess, point: Point): void {
  process_.resources?.memory.history.forget(point.delta);
  process_.points.splice(process_.points.indexOf(point), 1);
  for (const image of point.threads) process_.resources?.threads.recycle(image);
}
