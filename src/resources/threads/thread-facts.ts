/**
 * What only a thread itself can tell of it, which takes calls of its own: asked when it is first
 * seen, and again while it is young, since threads set these up early in life. Where alternate
 * stacks are in use, it is asked as often as it may cost besides (`AskBudget`).
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { PR_GET_TID_ADDRESS } from '../../sys/prctl.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { Stopped } from '../stopped.ts';
import { AskBudget } from '../ask-budget.ts';
import type { StackUse } from '../stack-use.ts';
import { STACK_T_SIZE } from './alternate-stack.ts';
import { describeOwnStanding } from './own-standing.ts';
import { isSameScheduling, readScheduling, type Scheduling } from './scheduling.ts';

/** Chosen: a thread is asked about four times in its first five seconds, then never again. */
const YOUNG_MS = 5000;
const ASK_AGAIN_FACTOR = 10;
/** Chosen: threads of which is remembered how they ended. */
const ENDED_MAX = 1024;

export interface ThreadFacts {
  /** Where the kernel writes 0 and wakes a waiter when the thread ends; 0: unknown or none. */
  readonly clearChildTid: number;
  /** The alternate signal stack: a stack_t; undefined: not asked yet. */
  readonly alternateStack: Uint8Array | undefined;
  readonly scheduling: Scheduling | undefined;
}

interface LastFacts {
  readonly scheduling: Scheduling | undefined;
  readonly standing: string | undefined;
}

interface Known {
  readonly facts: ThreadFacts;
  readonly seenMs: number;
  askAgainMs: number;
  /** The round in which it was asked last. */
  readonly round: number;
  /** And when: milliseconds since the epoch. */
  readonly askedMs: number;
}

const NO_BYTES = new Uint8Array();
const NOTHING: ThreadFacts = {
  clearChildTid: 0,
  alternateStack: undefined,
  scheduling: undefined,
};

export class FactsOfThreads {
  private readonly known = new Map<Thread, Known>();
  private readonly budget = new AskBudget();
  readonly stackUse: StackUse;
  private round = 0;
  /** Threads that a rollback has made again, and as what: the kernel knows nothing of it yet. */
  readonly remade = new Map<number, ThreadFacts>();
  /** How threads were to be run at the point that is gone back to, where that was looked at. */
  atPoint: ReadonlyMap<number, Scheduling> = new Map();
  /** How threads were to be run when they ended, and as whom; the latest last. */
  private readonly atEnd = new Map<number, LastFacts>();
  private pid = 0;

  constructor(stackUse: StackUse) {
    this.stackUse = stackUse;
  }

  factsOf(thread: Thread): ThreadFacts {
    return this.known.get(thread)?.facts ?? NOTHING;
  }

  set(thread: Thread, facts: ThreadFacts): void {
    this.known.set(thread, {
      facts,
      seenMs: performance.now(),
      askAgainMs: 0,
      round: 0,
      askedMs: 0,
    });
  }

  /** @param canRemake threads that end could be made again: what they have will be needed */
  refresh(stopped: Stopped, canRemake: boolean): void {
    this.round += 1;
    this.pid = stopped.pid;
    const now = performance.now();
    const isUsed = this.stackUse.mayBeUsed;
    for (const thread of stopped.group.threads.values()) {
      // A leader cannot be made again.
      const isNeeded = canRemake && thread.tid !== stopped.pid;
      const isDue = isNeeded && now >= (this.known.get(thread)?.askAgainMs ?? 0);
      if (isDue || (isUsed && this.budget.isLeft(stopped.isMeant))) this.ask(stopped, thread, now);
    }
  }

  /** The thread was asked in the last `refresh`. */
  isFresh(thread: Thread): boolean {
    return this.known.get(thread)?.round === this.round;
  }

  /** A rollback has given the thread this one. */
  noteStack(thread: Thread, alternateStack: Uint8Array): void {
    const known = this.known.get(thread);
    if (known === undefined || known.facts.alternateStack === alternateStack) return;
    const facts = { ...known.facts, alternateStack };
    this.known.set(thread, { ...known, facts, askedMs: Date.now() });
  }

  /** When the thread was asked last, in milliseconds since the epoch; 0: never. */
  askedMsOf(thread: Thread): number {
    return this.known.get(thread)?.askedMs ?? 0;
  }

  /** A thread is about to end. */
  forget(tid: number): void {
    for (const [thread, { facts }] of this.known) {
      if (thread.tid !== tid) continue;
      this.known.delete(thread);
      if (facts.scheduling !== undefined) this.noteEnd(tid);
    }
  }

  /** How a thread that has ended was to be run, when it was last looked at. */
  lastSchedulingOf(tid: number): Scheduling | undefined {
    return this.atEnd.get(tid)?.scheduling;
  }

  /** What a thread that has ended had for itself, in words; undefined: nothing that is known. */
  lastStandingOf(tid: number): string | undefined {
    return this.atEnd.get(tid)?.standing;
  }

  private noteEnd(tid: number): void {
    const scheduling = readScheduling(tid);
    const standing = describeOwnStanding(this.pid, tid);
    this.atEnd.delete(tid);
    this.atEnd.set(tid, { scheduling, standing });
    const [oldest] = this.atEnd.keys();
    if (this.atEnd.size > ENDED_MAX && oldest !== undefined) this.atEnd.delete(oldest);
  }

  private ask(stopped: Stopped, thread: Thread, now: number): void {
    stopped.endCalls();
    const { round } = this;
    const known = this.known.get(thread);
    const seenMs = known?.seenMs ?? now;
    this.budget.spend(() => {
      stopped.withCallsOf(thread, (remote) => {
        const scheduling = readScheduling(thread.tid);
        const asked = { ...askThread(stopped.target, remote), scheduling };
        const facts = known !== undefined && isSame(known.facts, asked) ? known.facts : asked;
        const ageMs = now - seenMs;
        const askAgainMs =
          ageMs > YOUNG_MS ? Infinity : now + Math.max(ageMs, 1) * ASK_AGAIN_FACTOR;
        this.known.set(thread, { facts, seenMs, askAgainMs, round, askedMs: Date.now() });
      });
    });
  }
}

/** Then the object is the same, too, and points share it. */
function isSame(one: ThreadFacts, other: ThreadFacts): boolean {
  const { alternateStack: stack, scheduling } = other;
  return (
    one.clearChildTid === other.clearChildTid &&
    stack !== undefined &&
    Buffer.compare(one.alternateStack ?? NO_BYTES, stack) === 0 &&
    (scheduling === undefined || one.scheduling === undefined
      ? scheduling === one.scheduling
      : isSameScheduling(one.scheduling, scheduling))
  );
}

function askThread(target: TargetMemory, remote: RemoteSource): Omit<ThreadFacts, 'scheduling'> {
  const { calls, scratch } = remote();
  const address = scratch.put(Buffer.alloc(STACK_T_SIZE + 8));
  calls.call(SYS.sigaltstack, 0, address);
  calls.call(SYS.prctl, PR_GET_TID_ADDRESS, address + STACK_T_SIZE);
  const bytes = target.read(address, STACK_T_SIZE + 8);
  return {
    clearChildTid: Number(bytes.readBigUInt64LE(STACK_T_SIZE)),
    alternateStack: new Uint8Array(bytes.subarray(0, STACK_T_SIZE)),
  };
}
