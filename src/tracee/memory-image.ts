/**
 * An image of a program's memory: a process begun by clone(2) in a stop, which has all of it
 * copy-on-write and stays stopped, until what is wanted of it has been copied while the program
 * runs.
 *
 *   begun, in a stop of the program ──▶ read and given back, piece by piece ──▶ spent
 *        │                                        │ killed by somebody             │
 *        └── refused: there is none               └──▶ lost ──────────────────────▶│
 *                                            ended and reaped, in a stop of the program
 *
 * Invariants
 * 1. It never runs code of the program: it is born stopped, makes calls for us, and is killed.
 *    From its first moment it ends with the supervisor: options of a tracer are inherited, and who
 *    makes calls for us has EXITKILL.
 * 2. It holds nothing that others could wait for: it has left the descriptor table before it could
 *    have one of its own, and has let go of what is shared.
 * 3. No signal tells the program of its end (but see `dropNotice`), and no wait without __WALL or
 *    __WCLONE finds it. It is reaped while the program is stopped.
 *
 * Source: clone(2); ptrace(2); kernel/exit.c, do_notify_parent; close_range(2).
 */
import { writeFileSync } from 'node:fs';
import { SYS } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';
import { CLONE_FILES } from '../sys/clone3.ts';
import { close, open, O_RDONLY } from '../sys/file.ts';
import { MADV_DONTNEED } from '../sys/madvise.ts';
import type { IovecTable } from '../sys/process-vm.ts';
import { kill } from '../sys/process.ts';
import { ptraceGetRseqConfiguration, ptracePeeksiginfo } from '../sys/ptrace.ts';
import { preadv } from '../sys/vectored-io.ts';
import type { EventPump } from './event-pump.ts';
import type { CallSource, Spent } from './images.ts';
import { isInOwnNamespace } from './own-namespace.ts';
import { RemoteCalls } from './remote-calls.ts';
import type { RemoteSource } from './remote-session.ts';
import { Scratch } from './scratch.ts';
import { TargetMemory } from './target-memory.ts';
import { ThreadGroup, type Thread } from './thread.ts';

const __WALL = 0x40000000;
const FD_MAX = 0xffffffff;
const CLOSE_RANGE_UNSHARE = 2;
const SIGKILL = 9;
const SIGCHLD = 17;
/** si_pid of SIGCHLD. */
const SIGINFO_PID_OFFSET = 16;
const SIGSET_SIZE = 8;
const TIMESPEC_SIZE = 16;
const ROOT = Buffer.from('/\0');
/** Chosen: what waits in a queue besides. */
const WAITING_MAX = 64;

interface Bytes {
  readonly start: number;
  readonly end: number;
}

export class MemoryImage implements Spent {
  /** Whose memory it is. */
  readonly owner: ThreadGroup;
  /** Where the kernel writes to as calls are made: there it is not as the program's memory was. */
  readonly touched: Bytes;
  pagemapFd = -1;
  private memFd = -1;
  private readonly pump: EventPump;
  private readonly thread: Thread;
  /** Its pid as the program sees it. */
  private readonly localPid: number;
  private readonly execCount: number;
  private calls: RemoteCalls | undefined = undefined;

  /**
   * Begin one of a program that is held still. `shared`: what it has to let go of at once.
   * Undefined: the kernel refuses, and nothing has happened.
   */
  static begin(
    pump: EventPump,
    remote: RemoteSource,
    shared: readonly Bytes[],
  ): MemoryImage | undefined {
    const { calls } = remote();
    if (!isInOwnNamespace(calls.thread)) return undefined;
    let thread: Thread | undefined;
    pump.takeChild = (tid) => (thread = pump.add(tid, makeGroup(tid)));
    let localPid: number;
    try {
      localPid = calls.call(SYS.clone, CLONE_FILES, 0, 0, 0, 0);
    } finally {
      pump.takeChild = undefined;
    }
    if (thread === undefined) return undefined;
    const image = new MemoryImage(pump, calls.thread, thread, localPid);
    if (image.settleIn(calls.syscallAddress, shared)) return image;
    image.end(remote);
    return undefined;
  }

  private constructor(pump: EventPump, parent: Thread, thread: Thread, localPid: number) {
    this.pump = pump;
    this.owner = parent.group;
    this.thread = thread;
    this.localPid = localPid;
    this.execCount = parent.group.execCount;
    const area = ptraceGetRseqConfiguration(parent.tid);
    const start = area?.address ?? 0;
    this.touched = { start, end: start + (area?.sizeBytes ?? 0) };
  }

  get pid(): number {
    return this.thread.tid;
  }

  /** It has been killed by somebody: what has not been read of it cannot be had any more. */
  get isLost(): boolean {
    const { state, stop } = this.thread;
    return state.kind === 'gone' || stop?.kind === 'exit';
  }

  /** Of its memory at `address`, into the places of `local`: bytes; 0: it is gone; minus errno. */
  read(local: IovecTable, address: number): number {
    return this.isLost ? 0 : preadv(this.memFd, local, address);
  }

  /** Give the memory in [start, end) back, and keep the mappings. */
  drop(start: number, end: number): void {
    this.callIfItCan(SYS.madvise, start, end - start, MADV_DONTNEED);
  }

  /** Where memory runs out it goes before any program does. */
  volunteer(): void {
    this.tell('oom_score_adj', '1000');
  }

  /** Nothing more is wanted of it. What it once held is not to count as its parent's children's. */
  close(): void {
    if (this.memFd < 0) return;
    close(this.memFd);
    close(this.pagemapFd);
    this.memFd = -1;
    this.tell('clear_refs', '5');
  }

  /**
   * End it, and reap it by calls of the program, which is held; undefined: the program ends, or is
   * out of reach. It holds nothing any more then.
   */
  end(remote: CallSource | undefined): void {
    this.close();
    const { thread, pump } = this;
    if (!this.isLost) {
      kill(thread.tid, SIGKILL);
      // To the stop before its end.
      pump.nextOf(thread);
    }
    if (remote === undefined) {
      if (thread.isStopped) this.awaitEnd();
      return;
    }
    if (thread.isStopped) pump.letEnd(thread);
    remote().calls.call(SYS.wait4, this.localPid, 0, __WALL, 0);
    if (this.owner.execCount !== this.execCount) this.dropNotice(remote);
  }

  /** From the stop before its end on. */
  private awaitEnd(): void {
    const { thread, pump } = this;
    thread.proceed();
    pump.nextOf(thread);
  }

  /** Make it hold nothing; false: it cannot be used. */
  private settleIn(syscallAddress: number, shared: readonly Bytes[]): boolean {
    const { pump, thread } = this;
    if (!thread.isStopped && pump.nextOf(thread) === undefined) return false;
    if (this.isLost) return false;
    try {
      this.calls = new RemoteCalls(pump, thread, syscallAddress);
      const left = this.calls.call(SYS.close_range, 0, FD_MAX, CLOSE_RANGE_UNSHARE);
      if (left !== 0) return false;
      for (const { start, end } of shared) this.calls.call(SYS.munmap, start, end - start);
      this.leaveDirectory();
    } catch (error) {
      if (error instanceof BelayError) return false;
      throw error;
    }
    this.pagemapFd = open(`/proc/${thread.tid}/pagemap`, O_RDONLY);
    if (this.pagemapFd < 0) return false;
    this.memFd = open(`/proc/${thread.tid}/mem`, O_RDONLY);
    if (this.memFd < 0) close(this.pagemapFd);
    return this.memFd >= 0;
  }

  /** Whose file system could not be unmounted. */
  private leaveDirectory(): void {
    if (this.calls === undefined) return;
    const memory = new TargetMemory({ living: this.thread.tid });
    const scratch = new Scratch(this.calls, memory);
    try {
      this.calls.call(SYS.chdir, scratch.put(ROOT));
      scratch.release();
    } finally {
      memory.close();
    }
  }

  /**
   * A program that has exec'd since is told of the end of each child, whatever was asked for. Where
   * it has SIGCHLD blocked that would stay in its queue.
   */
  private dropNotice(remote: CallSource): void {
    const { calls, scratch } = remote();
    const waiting = ptracePeeksiginfo(calls.thread.tid, true, WAITING_MAX);
    if (!waiting.some((info) => isNoticeOf(Buffer.from(info), this.localPid))) return;
    const set = Buffer.alloc(SIGSET_SIZE);
    set.writeUInt32LE(1 << (SIGCHLD - 1));
    const [signals, noTime] = [scratch.put(set), scratch.put(Buffer.alloc(TIMESPEC_SIZE))];
    calls.call(SYS.rt_sigtimedwait, signals, 0, noTime, SIGSET_SIZE);
  }

  private callIfItCan(nr: number, ...values: readonly number[]): void {
    try {
      if (!this.isLost) this.calls?.call(nr, ...values);
    } catch (error) {
      if (!(error instanceof BelayError)) throw error;
    }
  }

  private tell(file: string, text: string): void {
    try {
      if (!this.isLost) writeFileSync(`/proc/${this.thread.tid}/${file}`, text);
    } catch {
      // It is gone, or nobody may.
    }
  }
}

function makeGroup(tid: number): ThreadGroup {
  const group = new ThreadGroup(tid);
  group.isOurs = true;
  group.isHeld = true;
  return group;
}

function isNoticeOf(info: Buffer, pid: number): boolean {
  return info.readInt32LE(0) === SIGCHLD && info.readInt32LE(SIGINFO_PID_OFFSET) === pid;
}
