/**
 * Puts a process back on a point, in place.
 *
 *   frozen ── findObstacle ──▶ refused: nothing was touched
 *      │
 *   committed (EXITKILL set, `phase` written): from here on it is the whole point or SIGKILL
 *      │ end newborn threads → mappings → pages → threads made again → descriptors
 *      │ → registers of all threads → kept ranges, struct tjmp
 *   done (EXITKILL cleared)
 *
 * Invariants
 * 1. Registers are set last: nothing of the process runs before everything else is in place, but
 *    the calls that we have it make.
 * 2. A supervisor that dies after the commit takes the process with it: mixed state never runs.
 */
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';
import type { Range } from '../procfs/maps.ts';
import { Threads, type ThreadImage } from '../resources/threads/threads.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../sys/mmap.ts';
import { ptraceCont, ptraceGetRseqConfiguration, ptraceSetsigmask } from '../sys/ptrace.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import type { Thread } from '../tracee/thread.ts';
import { dropPendingFaults } from '../resources/threads/pending-faults.ts';
import { RemoteSession } from './remote-session.ts';
import type { Point, Resources, TracedProcess } from './traced-process.ts';
import { writeWhy, type Why } from './why.ts';

const EXIT_STEPS_MAX = 1000;

export interface RollbackResult {
  readonly pagesRestored: number;
  readonly pagesDropped: number;
  readonly mappingsRestored: number;
  readonly threadsEnded: number;
  readonly threadsRecreated: number;
  readonly descriptorsClosed: number;
  readonly warnings: readonly string[];
}

/**
 * Why the frozen process cannot go back to `point`; undefined: it can, and its `keeper` is chosen.
 * Touches nothing.
 */
export function findObstacle(process_: TracedProcess, point: Point): string | undefined {
  const { resources } = process_;
  if (resources === undefined) return 'it has no saved memory';
  for (const image of point.threads) {
    if (process_.group.threads.has(image.tid)) continue;
    if (image.tid === process_.pid) return 'its main thread has ended';
    if (!process_.canChooseTids) {
      return `thread ${image.tid} has ended, and its id cannot be chosen without privilege`;
    }
  }
  const path = resources.mappings.findObstacle(point.table);
  if (path !== undefined) return `${path} was unmapped and cannot be opened again`;
  process_.keeper = chooseKeeper(process_, point);
  return process_.keeper === undefined
    ? 'no thread is left that could make calls (is its rseq area unmapped?)'
    : undefined;
}

/** Go back. The process is frozen, and stays so. Throws only after the process was killed. */
export function rollBack(
  pump: EventPump,
  process_: TracedProcess,
  point: Point,
  why: Why,
): RollbackResult {
  const { resources } = process_;
  if (resources === undefined) throw new BelayError('EINTERNAL', 'cannot roll back: no resources');
  const { keeper } = process_;
  if (keeper === undefined) throw new BelayError('EINTERNAL', 'cannot roll back: no thread left');
  pump.guard.enter(keeper, point.cd);
  const kept = process_.keeps.map((range) => readKept(process_, range));
  const session = new RemoteSession(
    pump,
    () => {
      repairRseq(process_, keeper);
      return keeper;
    },
    process_.syscallAddress,
    process_.target,
  );
  const threadsEnded = endNewborns(pump, process_, point, session);
  if (threadsEnded > 0) resources.mappings.thaw();
  const renewed = resources.mappings.restore(point.table, session.use);
  if (renewed !== undefined) point.table = resources.mappings.table;
  const { untracked } = resources.mappings;
  const pages = resources.memory.restore(
    point.delta,
    point.table,
    untracked,
    renewed ?? [],
    session.use,
  );
  dropNewerPoints(process_, point);
  const threadsRecreated = recreateThreads(pump, process_, point, session);
  const files = resources.files.restore(point.files, session.use);
  resources.signals.restore(point.signals, session.use);
  session.end();
  restoreThreads(pump, process_, point);
  kept.forEach(({ start, bytes }) => writeKept(process_, start, bytes));
  point.rollbacks += 1;
  const warnings = [...files.lost, ...pages.lost.map((page) => `page ${page} was not written`)];
  if (point.why !== 0) writeWhy(process_.target, point.why, { ...why, rollbacks: point.rollbacks });
  pump.guard.leave(keeper);
  return {
    pagesRestored: pages.pagesRestored,
    pagesDropped: pages.pagesDropped,
    mappingsRestored: renewed?.length ?? 0,
    threadsEnded,
    threadsRecreated,
    descriptorsClosed: files.closed,
    warnings,
  };
}

/** A thread that lives on both sides of the rollback and can make calls; the leader, if it can. */
function chooseKeeper(process_: TracedProcess, point: Point): Thread | undefined {
  const { threads, leader } = process_.group;
  const known = point.threads.flatMap((image) => threads.get(image.tid) ?? []);
  const candidates = leader === undefined ? known : [leader, ...known];
  return candidates.find(
    (thread) => thread.state === 'stopped' && isRseqWritable(process_, thread),
  );
}

/** Bytes of struct rseq up to its pointer to a critical section, and of that pointer. */
const RSEQ_CS_OFFSET = 8;
const RSEQ_CS_SIZE = 8;
const NO_CRITICAL_SECTION = new NativeBuffer(RSEQ_CS_SIZE);

/** Where the thread's critical section is registered; 0: nowhere. */
function rseqPointer(thread: Thread): number {
  const rseq = ptraceGetRseqConfiguration(thread.tid);
  return rseq === undefined || rseq.address === 0 ? 0 : rseq.address + RSEQ_CS_OFFSET;
}

/** The kernel can do with the thread's rseq area what it does on each return to user mode. */
function isRseqWritable(process_: TracedProcess, thread: Thread): boolean {
  const pointer = rseqPointer(thread);
  if (pointer === 0) return true;
  const before = process_.target.read(pointer, RSEQ_CS_SIZE);
  return before.length === RSEQ_CS_SIZE && process_.target.write(pointer, before);
}

/**
 * The kernel looks into a thread's rseq area whenever it returns to user mode, and forces SIGSEGV
 * when the pointer there is garbage. The page is written back later, like any other.
 */
function repairRseq(process_: TracedProcess, thread: Thread): void {
  const pointer = rseqPointer(thread);
  if (pointer === 0) return;
  process_.target.forceWriteFrom(NO_CRITICAL_SECTION.address, pointer, RSEQ_CS_SIZE);
}

/** A thread that is to end must come back to user mode once more: give it a page for that. */
function prepareToEnd(process_: TracedProcess, thread: Thread, session: RemoteSession): void {
  const pointer = rseqPointer(thread);
  if (!isRseqWritable(process_, thread)) {
    const start = Math.floor(pointer / PAGE_SIZE) * PAGE_SIZE;
    const end = start + PAGE_SIZE;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    const { calls } = session.use();
    calls.call(SYS.mmap, start, end - start, PROT_READ | PROT_WRITE, flags, -1, 0);
  }
  repairRseq(process_, thread);
}

/** End the threads that the point does not know, and wait until each is gone. */
function endNewborns(
  pump: EventPump,
  process_: TracedProcess,
  point: Point,
  session: RemoteSession,
): number {
  const known = new Set(point.threads.map((image) => image.tid));
  const { group } = process_;
  const newborn = [...group.threads.values()].filter((thread) => !known.has(thread.tid));
  for (const thread of newborn) prepareToEnd(process_, thread, session);
  for (const thread of newborn) endThread(process_, thread);
  for (const thread of newborn) {
    for (let steps = 0; pump.threads.get(thread.tid) === thread; steps += 1) {
      // It can have stopped once more (for a signal, say) while another one's end was waited for.
      if (thread.state === 'stopped') endThread(process_, thread);
      else if (steps > EXIT_STEPS_MAX || !pump.next()) {
        throw new BelayError('EINTERNAL', `cannot end thread ${thread.tid}: it does not exit`);
      }
    }
  }
  return newborn.length;
}

const ALL_SIGNALS = new NativeBuffer(8);
ALL_SIGNALS.words.fill(0xffffffff);

function endThread(process_: TracedProcess, thread: Thread): void {
  ptraceSetsigmask(thread.tid, ALL_SIGNALS.address);
  if (!thread.fetchRegisters()) return;
  const { registers } = thread;
  registers.set('rax', SYS.exit);
  registers.set('rdi', 0);
  registers.set('orig_rax', -1);
  registers.set('rip', process_.syscallAddress);
  thread.storeRegisters();
  thread.state = 'running';
  thread.stop = undefined;
  ptraceCont(thread.tid, 0);
}

function dropNewerPoints(process_: TracedProcess, point: Point): void {
  const { points, resources } = process_;
  while (points.length > 0 && points.at(-1) !== point) {
    const dropped = points.pop();
    for (const image of dropped?.threads ?? []) resources?.threads.recycle(image);
  }
}

function recreateThreads(
  pump: EventPump,
  process_: TracedProcess,
  point: Point,
  session: RemoteSession,
): number {
  const { resources } = process_;
  let count = 0;
  for (const image of point.threads) {
    if (resources === undefined || process_.group.threads.has(image.tid)) continue;
    const thread = resources.threads.recreate(pump, image, session.use);
    const own = new RemoteSession(pump, () => thread, process_.syscallAddress, process_.target);
    Threads.registerWithKernel(image, own.use);
    resources.threads.forget(image.tid);
    resources.threads.rename(image, own.use);
    own.end();
    count += 1;
  }
  return count;
}

function restoreThreads(pump: EventPump, process_: TracedProcess, point: Point): void {
  const { resources } = process_;
  for (const image of point.threads) {
    const thread = process_.group.threads.get(image.tid);
    if (thread === undefined || resources === undefined) continue;
    const own = new RemoteSession(pump, () => thread, process_.syscallAddress, process_.target);
    if (resources.threads.isRenamed(thread, image)) resources.threads.rename(image, own.use);
    resources.threads.restoreRseq(thread, image, own.use);
    own.end();
    dropPendingFaults(pump, thread);
    restoreThread(resources, thread, image);
  }
}

function restoreThread(resources: Resources, thread: Thread, image: ThreadImage): void {
  resources.threads.restore(thread, image);
  thread.isAtSyscallEntry = false;
  thread.waitsUntil = undefined;
  thread.restoredAt = thread.registers.get('rip');
}

interface Kept {
  readonly start: number;
  readonly bytes: Buffer;
}

function readKept(process_: TracedProcess, { start, end }: Range): Kept {
  return { start, bytes: Buffer.from(process_.target.read(start, end - start)) };
}

function writeKept(process_: TracedProcess, start: number, bytes: Buffer): void {
  if (bytes.length > 0) process_.target.write(start, bytes);
}
