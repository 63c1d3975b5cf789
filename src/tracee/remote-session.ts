/**
 * Remote calls for one operation: begun when first needed, ended once, on a thread that stays.
 */
import { RemoteCalls } from './remote-calls.ts';
import { Scratch } from './scratch.ts';
import type { EventPump } from './event-pump.ts';
import type { TargetMemory } from './target-memory.ts';
import type { Thread } from './thread.ts';

/** A thread that makes calls, and room for their arguments. */
export interface Remote {
  readonly calls: RemoteCalls;
  readonly scratch: Scratch;
}

/** How they are got, only when they are needed. What it answers holds until the session ends. */
export type RemoteSource = () => Remote;

/** What is known of threads that make calls. */
export interface Standing {
  /** It may be stepped: see RemoteCalls. */
  maySteps(thread: Thread): boolean;
  /** Its registers and mask are about to be made those of a point. */
  isToBePutBack(thread: Thread): boolean;
}

export class RemoteSession {
  private readonly pump: EventPump;
  private readonly choose: () => Thread;
  private readonly findSyscall: () => number;
  private readonly memory: TargetMemory;
  private readonly standing: Standing;
  /** How often calls were begun or ended: what was read of the process before may be untrue. */
  count = 0;
  private open: Remote | undefined = undefined;
  /** What is open has been counted. */
  private isCounted = false;

  constructor(
    pump: EventPump,
    choose: () => Thread,
    findSyscall: () => number,
    memory: TargetMemory,
    standing: Standing,
  ) {
    this.standing = standing;
    this.pump = pump;
    this.choose = choose;
    this.findSyscall = findSyscall;
    this.memory = memory;
  }

  /** The calls, begun now if they were not yet. */
  readonly use: RemoteSource = () => {
    const open = this.begin();
    if (!this.isCounted) this.count += 1;
    this.isCounted = true;
    return open;
  };

  /** As `use`, for calls after which all that was read of the process is still true. */
  useQuietly<Result>(work: (remote: Remote) => Result): Result {
    const open = this.begin();
    try {
      return work(open);
    } finally {
      open.scratch.release();
    }
  }

  /** Put the thread's registers back and unmap the scratch page. */
  end(): void {
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return;
    if (this.isCounted) this.count += 1;
    this.isCounted = false;
    try {
      open.scratch.release();
    } finally {
      open.calls.end(this.standing.isToBePutBack(open.calls.thread));
    }
  }

  private begin(): Remote {
    if (this.open === undefined) {
      const thread = this.choose();
      const maySteps = () => this.standing.maySteps(thread);
      const calls = new RemoteCalls(this.pump, thread, this.findSyscall(), maySteps);
      this.open = { calls, scratch: new Scratch(calls, this.memory) };
    }
    return this.open;
  }
}
