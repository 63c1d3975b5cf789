/**
 * The state of each thread: registers, extended state, signal mask, name and the kernel's pointers
 * for it. Set last in a rollback: nothing of the program runs before all else is in place.
 */
import { Registers, REGISTERS_SIZE } from '../../arch/x64/registers.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import { getRobustList } from '../../sys/get-robust-list.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { PR_SET_NAME } from '../../sys/prctl.ts';
import { ptraceGetsigmask, ptraceSetsigmask, type RseqConfiguration } from '../../sys/ptrace.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { sectionAt, writeCriticalSection } from '../../tracee/rseq.ts';
import type { Thread } from '../../tracee/thread.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, Obstacle, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { bytesOf, isText, textOf } from './byte-text.ts';
import { enterCall, isWithinCall, leaveEntry } from './enter-call.ts';
import { ExtendedState, XSTATE_MAX } from './extended-state.ts';
import { LastLooks } from './last-looks.ts';
import { canChooseTid } from './privilege.ts';
import { giveScheduling, registerRemade, registerRobustList } from './register-thread.ts';
import {
  findMovedAreas,
  readRseq,
  registerArea,
  unregisterAreas,
  type MovedAreas,
} from './rseq-areas.ts';
import {
  foretellStacks,
  isSameStackState,
  nameGuessedStacks,
  readStackState,
  restoreStack,
  type StackState,
} from './stack-state.ts';
import type { FactsOfThreads } from './thread-facts.ts';
import type { ThreadFiles } from '../../tracee/thread-files.ts';

const VERSION = 5;
const COMM_SIZE = 16;
const MASK_OFFSET = REGISTERS_SIZE;
const COMM_OFFSET = MASK_OFFSET + 8;
const KEPT_SIZE = COMM_OFFSET + COMM_SIZE;
const XSTATE_OFFSET = 256;

/** One thread at a point. The same object at the next one, when nothing of it has changed. */
export interface ThreadState extends StackState {
  /** Registers, then signal mask and name: a character for each byte. */
  readonly bytes: string;
  /** As ExtendedState keeps it; the same object in the next state, when it has not changed. */
  readonly extended: Uint8Array;
  readonly robustList: number;
  readonly rseq: RseqConfiguration | undefined;
  /** The restartable sequence (struct rseq_cs) that it may be in the middle of; 0: none. */
  readonly criticalSection: number;
  /** It is in a call with a time limit: since when, as far as is known; on the clock of `atMs`. */
  readonly waitsSinceMs: number | undefined;
}

export interface ThreadStatesImage {
  readonly states: readonly ThreadState[];
  /** When they were like that, from performance.now. */
  readonly atMs: number;
}

interface Encoded {
  readonly states: readonly (Omit<ThreadState, 'bytes'> & { readonly bytes: Uint8Array })[];
  readonly atMs: number;
}

interface ThreadStatesPlan {
  readonly image: ThreadStatesImage;
  readonly moved: MovedAreas;
}

export class ThreadStates implements Resource<ThreadStatesImage, ThreadStatesPlan> {
  readonly name = 'thread states';
  private readonly facts: FactsOfThreads;
  /** Where one thread's state is put together and taken apart. */
  private readonly work = new NativeBuffer(XSTATE_OFFSET + XSTATE_MAX);
  private readonly registers = new Registers(this.work.words);
  private readonly comm = new NativeBuffer(COMM_SIZE);
  private readonly extended = new ExtendedState(this.work, XSTATE_OFFSET);
  private readonly looks = new LastLooks<ThreadState>();
  private asksThreads: boolean | undefined = undefined;

  private readonly names: ThreadFiles;

  /** @param names the comm of each thread, as it is shown in /proc */
  constructor(facts: FactsOfThreads, names: ThreadFiles) {
    this.facts = facts;
    this.names = names;
  }

  capture(stopped: Stopped, before: ThreadStatesImage | undefined): ThreadStatesImage {
    this.asksThreads ??= canChooseTid(stopped);
    this.facts.refresh(stopped, this.asksThreads);
    const { threads } = stopped.group;
    const states: ThreadState[] = [];
    let isSame = before?.states.length === threads.size;
    let waits = false;
    for (const thread of threads.values()) {
      const former = findState(before?.states, states.length, thread.tid);
      const state = this.captureThread(thread, former);
      if (state === undefined || state !== former) isSame = false;
      if (state === undefined) continue;
      waits ||= state.waitsSinceMs !== undefined;
      states.push(state);
    }
    // A copy has no room to grow.
    if (before === undefined || !isSame) return { states: states.slice(), atMs: performance.now() };
    return waits ? { states: before.states, atMs: performance.now() } : before;
  }

  prepare(stopped: Stopped, image: ThreadStatesImage): ThreadStatesPlan | Obstacle {
    const moved = findMovedAreas(stopped, image.states);
    return moved instanceof Obstacle ? moved : { image, moved };
  }

  loosen(stopped: Stopped, { image, moved }: ThreadStatesPlan): void {
    const { group, toPutBack } = stopped;
    toPutBack.clear();
    for (const { tid } of image.states) {
      const thread = group.threads.get(tid);
      if (thread !== undefined) toPutBack.add(thread);
    }
    unregisterAreas(stopped, moved);
  }

  apply(stopped: Stopped, { image, moved }: ThreadStatesPlan): Applied {
    stopped.endCalls();
    const lost: Named[] = [];
    const { states, atMs } = image;
    for (const state of states) {
      const thread = stopped.group.threads.get(state.tid);
      if (thread === undefined) continue;
      stopped.withCallsOf(thread, (remote) => {
        leaveEntry(thread, remote);
        lost.push(...this.registerWithKernel(state, remote));
        const isWithout = stopped.withoutArea.delete(thread) || moved.has(thread);
        if (isWithout) registerArea(state.rseq, () => remote().calls);
      });
      stopped.toPutBack.delete(thread);
      this.restore(thread, state, atMs);
      lost.push(...restoreStack(stopped, thread, state, this.facts));
    }
    const isKnown = lost.some(({ bit }) => bit === LOST.signals);
    return { lost: isKnown ? lost : [...lost, ...nameGuessedStacks(states)] };
  }

  losses(image: ThreadStatesImage, timeMs: number): readonly Named[] {
    return foretellStacks(image.states, timeMs);
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode({ states, atMs }: ThreadStatesImage): Uint8Array {
    const encoded = states.map((state) => ({ ...state, bytes: bytesOf(state.bytes) }));
    return encodeImage(VERSION, { states: encoded, atMs } satisfies Encoded);
  }

  decode(bytes: Uint8Array): ThreadStatesImage {
    const { states, atMs } = decodeImage(VERSION, bytes) as Encoded;
    const text = ({ bytes }: { readonly bytes: Uint8Array }) =>
      textOf(Buffer.from(bytes), KEPT_SIZE);
    return { states: states.map((each) => ({ ...each, bytes: text(each) })), atMs };
  }

  /** Its files in /proc are of no use any more. */
  forgetThread(tid: number): void {
    this.looks.forget(tid);
    this.names.forget(tid);
  }

  close(): void {
    this.names.close();
  }

  /** The state of a stopped thread; `former` when it is the same; undefined when it is gone. */
  private captureThread(thread: Thread, former: ThreadState | undefined): ThreadState | undefined {
    if (!thread.fetchRegisters()) return undefined;
    const { registers, work } = this;
    registers.copyFrom(thread.registers);
    const isInUserCode = !registers.isInSyscall() && thread.stop?.kind !== 'seccomp';
    const kind = thread.stop?.kind;
    const isAtEntry = kind === 'seccomp' || thread.isAtSyscallEntry;
    const isInCall = isAtEntry ? registers.isInSyscall() : registers.isInterruptedSyscall();
    const waitsSinceMs = isInCall || thread.transfer !== undefined ? waitsSince(thread) : undefined;
    // After a rollback what is left is transferred anew, and the sum is right again.
    if (thread.transfer !== undefined) registers.copyFrom(thread.transfer.saved);
    else {
      const call = thread.wayBack.hiddenCall(registers);
      if (isAtEntry && registers.isInSyscall()) registers.rewindSyscall(call);
      else if (registers.isInterruptedSyscall()) registers.forgetRemainder(call);
    }
    const xstateSize = this.extended.read(thread.tid);
    if (xstateSize < 0) return undefined;
    ptraceGetsigmask(thread.tid, work.address + MASK_OFFSET);
    this.readComm(thread.tid);
    this.comm.bytes.copy(work.bytes, COMM_OFFSET, 0, COMM_SIZE);
    const robustList = getRobustList(thread.tid);
    const rseq = readRseq(thread, former?.rseq);
    // Sequences make no system calls.
    const criticalSection = isInUserCode ? sectionAt(thread.tid, rseq?.address ?? 0) : 0;
    const stack = readStackState(thread, this.facts);
    const size = XSTATE_OFFSET + xstateSize;
    const isLike = former !== undefined && this.looks.isLike(former, work.bytes, size);
    const extended = isLike ? former.extended : this.extended.keep(xstateSize, former?.extended);
    const isSame =
      former?.extended === extended &&
      former.robustList === robustList &&
      former.rseq === rseq &&
      former.criticalSection === criticalSection &&
      former.waitsSinceMs === waitsSinceMs &&
      isSameStackState(former, stack) &&
      (isLike || isText(work.bytes, former.bytes));
    if (isLike && isSame) return former;
    const bytes = isSame ? former.bytes : textOf(work.bytes, KEPT_SIZE);
    const changed = { ...stack, bytes, extended, robustList, rseq, criticalSection, waitsSinceMs };
    return this.looks.note(isSame ? former : changed, work.bytes, size);
  }

  /** What only the thread itself can tell the kernel. */
  private registerWithKernel(state: ThreadState, remote: RemoteSource): Named[] {
    const { tid } = state;
    const remade = this.facts.remade.get(tid);
    this.facts.remade.delete(tid);
    if (remade !== undefined) {
      this.forgetThread(tid);
      registerRemade(state, remade, remote);
    }
    if (remade !== undefined || this.isRenamed(state)) {
      const { calls, scratch } = remote();
      calls.call(SYS.prctl, PR_SET_NAME, scratch.put(nameOf(state)));
    }
    if (remade !== undefined) return giveScheduling(tid, remade, this.facts);
    // 0: none, or it was not told.
    const isKnown = state.robustList !== 0;
    if (isKnown && getRobustList(tid) !== state.robustList) registerRobustList(state, remote);
    return [];
  }

  private restore(thread: Thread, state: ThreadState, atMs: number): void {
    this.work.bytes.write(state.bytes, 'latin1');
    thread.registers.copyFrom(this.registers);
    // A call that is made anew begins now, if nothing is known of an earlier beginning.
    const sinceMs = state.waitsSinceMs ?? (thread.registers.isInterruptedSyscall() ? atMs : NaN);
    const restoredAt = enterCall(thread);
    if (!thread.storeRegisters()) return;
    this.extended.write(thread.tid, state.extended);
    ptraceSetsigmask(thread.tid, this.work.address + MASK_OFFSET);
    // Calls for us may have taken it away. Coming back counts as having been preempted.
    writeCriticalSection(thread, state.criticalSection);
    thread.isAtSyscallEntry = isWithinCall(thread);
    thread.waitsUntil = undefined;
    thread.transfer = undefined;
    thread.restoredAt = restoredAt;
    thread.wayBack.waitedMs = atMs - sinceMs;
  }

  private isRenamed(state: ThreadState): boolean {
    this.readComm(state.tid);
    return this.comm.bytes.compare(nameOf(state), 0, COMM_SIZE, 0, COMM_SIZE) !== 0;
  }

  /** The thread's name into `this.comm`, padded with zeros as PR_SET_NAME wants it. */
  private readComm(tid: number): void {
    const size = this.names.read(tid, this.comm);
    this.comm.bytes.fill(0, Math.max(size - 1, 0));
  }
}

/** Since when it has waited in a call that has been broken off before; undefined: in none. */
function waitsSince({ registers, waitsUntil, wayBack }: Thread): number | undefined {
  const isGoneOnWith = registers.getResumableCall() !== undefined && registers.isRestartSyscall();
  return waitsUntil !== undefined || isGoneOnWith ? wayBack.brokenOffMs : undefined;
}

/** Threads nearly always come in the same order as at the last point. */
function findState(
  before: readonly ThreadState[] | undefined,
  index: number,
  tid: number,
): ThreadState | undefined {
  const likely = before?.[index];
  return likely?.tid === tid ? likely : before?.find((state) => state.tid === tid);
}

function nameOf(state: ThreadState): Buffer {
  return bytesOf(state.bytes).subarray(COMM_OFFSET, COMM_OFFSET + COMM_SIZE);
}
