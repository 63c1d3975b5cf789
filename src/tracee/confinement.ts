/**
 * Programs that confine themselves with seccomp: whether a thread may make calls for us.
 *
 * A filter of the program's own is asked about remote calls as about all others, and answers with
 * an errno, a signal or death. Two cases:
 *
 * - The supervisor may suspend filters (CAP_SYS_ADMIN in the first user namespace, and no filter on
 *   itself): they are suspended wherever a thread makes calls for us, and nowhere else.
 * - It may not: then it may not read them either, and what they answer is not known. A thread that
 *   has more filters than it was given from outside makes no calls for us at all.
 *
 * What the supervisor has itself, both had from whoever started them (a container, a service): that
 * let ours pass when it was installed. Filters are never removed: who is confined stays so.
 *
 * Source: ptrace(2), PTRACE_O_SUSPEND_SECCOMP; seccomp(2); kernel/seccomp.c.
 */
import { BelayError } from '../errors.ts';
import { tgkill } from '../sys/process.ts';
import {
  PTRACE_O_SUSPEND_SECCOMP,
  ptraceSeccompGetFilter,
  ptraceSetoptions,
} from '../sys/ptrace.ts';
import { readStatus } from '../tasks/read-status.ts';
import { readWaitChannel } from '../tasks/read-wait-channel.ts';
import type { Thread, ThreadGroup } from './thread.ts';
import { TRACE_OPTIONS } from './trace-options.ts';
import { writeUserDispatch } from './user-dispatch.ts';

const ESRCH = 3;
/** Where a thread waits for the answer to a call (SECCOMP_RET_USER_NOTIF). */
const LISTENER_WAIT = 'seccomp_do_user_notification';
const MODE_STRICT = 1;
const MODE_FILTER = 2;
/** MAX_INSNS_PER_PATH of the kernel allows for fewer. */
const FILTERS_MAX = 8192;

/** Calls for us were refused beforehand: nothing was touched. */
export class ConfinedError extends BelayError {
  constructor({ tid }: Thread, why: string) {
    super('EPERM', `cannot make calls in thread ${tid}: ${why}`, {
      hint: 'its filters can be suspended by root alone: run the supervisor as root',
    });
  }
}

export class Confinement {
  /** Filters that whoever started us and the program gave to both. */
  private readonly givenCount: number;
  private suspends: boolean | undefined = undefined;
  private readonly confined = new WeakSet<Thread>();

  constructor() {
    this.givenCount = readStatus('self')?.seccompFilterCount ?? 0;
  }

  /** What is added to the options of a thread that makes calls for us; it is stopped. */
  optionsFor(thread: Thread): number {
    return this.canSuspend(thread) ? PTRACE_O_SUSPEND_SECCOMP : 0;
  }

  /** Nothing confines the thread any more: it is about to end. */
  lift(thread: Thread): void {
    const option = this.optionsFor(thread);
    if (option !== 0) ptraceSetoptions(thread.tid, TRACE_OPTIONS | option);
    writeUserDispatch(thread.tid, undefined);
  }

  /** Why the thread, which is stopped, cannot make calls for us; undefined: it can. */
  whyConfined(thread: Thread): string | undefined {
    return this.canSuspend(thread) ? undefined : this.whyConfinedNow(thread);
  }

  /** As `whyConfined`, of the first that is confined. None is if filters can be suspended. */
  findConfined(group: ThreadGroup): Thread | undefined {
    for (const thread of group.threads.values()) {
      if (thread.isStopped && this.whyConfined(thread) !== undefined) return thread;
    }
    return undefined;
  }

  /** Whether a point that takes calls would be refused: asked of a process that runs. */
  isConfined(group: ThreadGroup): boolean {
    if (this.suspends !== false) return false;
    for (const thread of group.threads.values()) {
      if (this.whyConfinedNow(thread) === undefined) return false;
    }
    return true;
  }

  /**
   * The kernel goes on with the call that the thread was stopped in as restart_syscall, and filters
   * of the thread's own may forbid that: allow-lists forget it, since without a tracer hardly
   * anything leads there. Its registers have been read.
   */
  mayForbidRestart(thread: Thread): boolean {
    const { registers } = thread;
    if (registers.getResumableCall() === undefined || registers.isCompatCall()) return false;
    return this.hasOwnFilters(thread);
  }

  /** Whether the stopped thread has filters of its own. */
  hasOwnFilters(thread: Thread): boolean {
    if (!this.canSuspend(thread)) return this.whyConfinedNow(thread) !== undefined;
    return ptraceSeccompGetFilter(thread.tid, this.expectedCountOf(thread.group)) >= 0;
  }

  /** `wanted` if it may make calls for us, else another thread that may. Throws ConfinedError. */
  chooseFree(wanted: Thread): Thread {
    const why = this.whyConfined(wanted);
    if (why === undefined) return wanted;
    for (const thread of wanted.group.threads.values()) {
      if (thread.isStopped && this.whyConfined(thread) === undefined) return thread;
    }
    throw new ConfinedError(wanted, why);
  }

  /** The thread itself, or ConfinedError. */
  assertFree(thread: Thread): Thread {
    const why = this.whyConfined(thread);
    if (why !== undefined) throw new ConfinedError(thread, why);
    return thread;
  }

  /**
   * How many filters the stopped thread has; `expected`: as many as it had when last asked.
   * Undefined where they cannot be looked at.
   */
  countFilters(thread: Thread, expected: number): number | undefined {
    if (!this.canSuspend(thread)) return undefined;
    let count = expected;
    while (count < FILTERS_MAX && ptraceSeccompGetFilter(thread.tid, count) >= 0) count += 1;
    if (count > this.expectedCountOf(thread.group)) thread.group.isFiltered = true;
    return count;
  }

  /**
   * A thread that waits for a listener of the program's filters to answer its call
   * (seccomp_unotify(2)): a stop of it would have the listener asked once more. Asked of a process
   * that runs; undefined: none does.
   */
  findAsking(group: ThreadGroup): number | undefined {
    group.isFiltered ??= this.looksFiltered(group);
    if (!group.isFiltered) return undefined;
    for (const tid of group.threads.keys()) {
      if (readWaitChannel(group.pid, tid).startsWith(LISTENER_WAIT)) return tid;
    }
    return undefined;
  }

  private looksFiltered(group: ThreadGroup): boolean {
    const count = readStatus(group.pid, group.living)?.seccompFilterCount ?? 0;
    return count > this.expectedCountOf(group);
  }

  private expectedCountOf(group: ThreadGroup): number {
    return this.givenCount + group.filterCount;
  }

  private canSuspend(thread: Thread): boolean {
    if (this.suspends !== undefined) return this.suspends;
    const errno = ptraceSetoptions(thread.tid, TRACE_OPTIONS | PTRACE_O_SUSPEND_SECCOMP);
    if (errno === ESRCH) return false;
    if (errno === 0) ptraceSetoptions(thread.tid, TRACE_OPTIONS);
    this.suspends = errno === 0;
    return this.suspends;
  }

  private whyConfinedNow(thread: Thread): string | undefined {
    const why = 'it has seccomp filters of its own, which may not be suspended or read';
    if (this.confined.has(thread)) return why;
    const status = readStatus(thread.group.pid, thread.tid);
    // What is there and cannot be read may be confined: descriptors can be used up.
    if (status === undefined && tgkill(thread.group.pid, thread.tid, 0) === 0) {
      return 'its status cannot be read';
    }
    if (status?.seccomp === MODE_STRICT) return 'strict seccomp confines it';
    if (status?.seccomp !== MODE_FILTER) return undefined;
    const count = status.seccompFilterCount ?? 0;
    if (count <= this.expectedCountOf(thread.group)) return undefined;
    this.confined.add(thread);
    thread.group.isFiltered = true;
    return why;
  }
}
