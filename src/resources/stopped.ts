/** A process that is held still, as the resources see it: one for as long as its address space. */
import { hasOtherTable } from '../sys/process.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import { OwnIds } from '../tracee/own-ids.ts';
import {
  RemoteSession,
  type Remote,
  type RemoteSource,
  type Standing,
} from '../tracee/remote-session.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';
import type { Thread, ThreadGroup } from '../tracee/thread.ts';

export class Stopped {
  readonly pump: EventPump;
  readonly group: ThreadGroup;
  readonly target: TargetMemory;
  readonly ownIds: OwnIds;
  /** What it writes with others, and to its output, is to be written over: it is no log. */
  takesSharedOffsetsBack = false;
  /** Connections that are out of step with it are left so. */
  keepsPeers = false;
  /** When the point was made that it goes back to: ms since 1970. */
  pointTime = 0;
  /** The same by performance.now(). */
  pointMs = 0;
  /** What the clocks said then, in nanoseconds; those that somebody needs. */
  pointClocks: ReadonlyMap<number, bigint> = new Map();
  /** The point that is being made is the program's own, or a person's: none of a clock's many. */
  isMeant = true;
  /** It is in the middle of a rollback, and is not to outlive us there. */
  isGoingBack = false;
  /** Whose registers and masks are set later in it. */
  readonly toPutBack = new Set<Thread>();
  /** Whether SIGTRAP is neither ignored, nor waits for this thread of it. */
  isFreeOfTraps: (thread: Thread) => boolean = () => false;
  /** Threads that have let go of their rseq area, as it was at the point, in a rollback. */
  readonly withoutArea = new Set<Thread>();
  private readonly findSyscall: () => number;
  private readonly session: RemoteSession;
  /** Chooses the thread that makes calls; set by whoever holds the process. */
  chooseCaller: () => Thread;
  private holds = 0;

  constructor(
    pump: EventPump,
    group: ThreadGroup,
    target: TargetMemory,
    findSyscall: () => number,
  ) {
    this.pump = pump;
    this.group = group;
    this.target = target;
    this.ownIds = new OwnIds(group.pid);
    this.findSyscall = findSyscall;
    this.chooseCaller = () => chooseThread(group);
    this.session = new RemoteSession(
      pump,
      () => pump.confinement.chooseFree(withSharedTable(this.chooseCaller())),
      findSyscall,
      target,
      this.standing,
    );
  }

  get pid(): number {
    return this.group.pid;
  }

  /** It is held still, and what was read of it since is true. */
  get isHeld(): boolean {
    return this.group.isHeld && this.group.isStill();
  }

  /** The thread through which it is seen in /proc. */
  get living(): number {
    return this.group.living;
  }

  /** Grows whenever something that was read of the process may have become untrue. */
  get generation(): number {
    return this.holds + this.session.count;
  }

  /** The process has just been stopped, or one of its threads has done something since. */
  renew(): void {
    this.holds += 1;
  }

  /** Calls of the thread that is chosen for them: begun when first needed. */
  get remote(): RemoteSource {
    return this.session.use;
  }

  /** Work with the same calls, after which all that was read of the process is still true. */
  quietly<Result>(work: (remote: Remote) => Result): Result {
    return this.session.useQuietly(work);
  }

  private readonly standing: Standing = {
    maySteps: (thread) => this.isGoingBack && this.isFreeOfTraps(thread),
    isToBePutBack: (thread) => this.isGoingBack && this.toPutBack.has(thread),
  };

  /** Put that thread's registers back, if it has made calls. */
  endCalls(): void {
    this.session.end();
  }

  /** Run `work` with calls of one particular thread, begun when first needed. */
  withCallsOf(thread: Thread, work: (remote: RemoteSource) => void): void {
    const choose = (): Thread => this.pump.confinement.assertFree(thread);
    const { pump, target } = this;
    const session = new RemoteSession(pump, choose, this.findSyscall, target, this.standing);
    try {
      work(session.use);
    } finally {
      session.end();
      this.holds += session.count;
    }
  }
}

/** The same, or one that sees the descriptors which /proc/PID/fd and pidfd_getfd(2) see. */
function withSharedTable(thread: Thread): Thread {
  const { living, threads } = thread.group;
  if (thread.tid === living || !hasOtherTable(living, thread.tid)) return thread;
  for (const each of threads.values()) {
    if (each.isStopped && !hasOtherTable(living, each.tid)) return each;
  }
  return thread;
}

/** A thread whose stop is the least trouble to make calls from. */
export function chooseThread(group: ThreadGroup): Thread {
  let best: Thread | undefined;
  for (const thread of group.threads.values()) {
    if (!thread.isStopped) continue;
    if (thread.stop?.kind === 'interrupt') return thread;
    best ??= thread;
  }
  if (best === undefined) throw new RangeError(`process ${group.pid} has no stopped thread`);
  return best;
}
