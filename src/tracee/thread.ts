/**
 * One traced thread: what the kernel has last said of it, and how to let it run on.
 *
 *   running ── stop reported ──▶ stopped ── resume ──▶ running
 *                                   │ (group stop)
 *                                   └─ resume ──▶ listening ── SIGCONT, interrupt ──▶ stopped
 *   any ── exit reported ──▶ gone
 */
import { Registers, REGISTERS_SIZE } from '../arch/x64/registers.ts';
import { NativeBuffer } from '../sys/libc.ts';
import {
  NT_PRSTATUS,
  ptraceCont,
  ptraceGetregset,
  ptraceGetsiginfo,
  ptraceInterrupt,
  ptraceListen,
  ptraceSetregset,
  ptraceSetsiginfo,
  ptraceSyscall,
  SIGINFO_SIZE,
} from '../sys/ptrace.ts';
import type { Stop } from '../sys/wait.ts';

export type ThreadState = 'running' | 'stopped' | 'listening' | 'gone';

const SIGSTOP = 19;

export class Thread {
  readonly tid: number;
  group: ThreadGroup;
  state: ThreadState = 'running';
  /** Why it is stopped; undefined while it runs. */
  stop: Stop | undefined = undefined;
  readonly registerBytes = new NativeBuffer(REGISTERS_SIZE);
  readonly registers = new Registers(this.registerBytes.words);
  /** Remote calls have left the stop that `stop` tells of: a signal must be handed over by hand. */
  isDisplaced = false;
  /** At a `syscall` stop on the way in: the call has not been made yet. */
  isAtSyscallEntry = false;
  /** It is in a call with a time limit that a stop of ours broke off: until when, or undefined. */
  waitsUntil: number | undefined = undefined;
  /** The call that the kernel goes on with as restart_syscall, which hides its number. */
  restartedCall: number | undefined = undefined;
  /** It was put back, and has not stopped since: where it goes on. */
  restoredAt: number | undefined = undefined;
  /** Signals taken off the queue while the thread made remote calls, to be handed over later. */
  readonly deferredSignals: number[] = [];
  /** Where the kernel writes 0 and wakes a waiter when the thread ends; 0: unknown or none. */
  clearChildTid = 0;
  /** When it was first seen, and from when on it is to be asked again: from performance.now. */
  readonly seenMs = performance.now();
  askAgainMs = 0;
  /** The alternate signal stack when last read: 24 bytes, a stack_t. */
  alternateStack: Buffer | undefined = undefined;
  private readonly siginfo = new NativeBuffer(SIGINFO_SIZE);

  constructor(tid: number, group: ThreadGroup) {
    this.tid = tid;
    this.group = group;
  }

  /** Read the general registers; false when the thread is gone. */
  fetchRegisters(): boolean {
    const { address } = this.registerBytes;
    return ptraceGetregset(this.tid, NT_PRSTATUS, address, REGISTERS_SIZE) === REGISTERS_SIZE;
  }

  /** Write them back; false when the thread is gone. */
  storeRegisters(): boolean {
    const { address } = this.registerBytes;
    return ptraceSetregset(this.tid, NT_PRSTATUS, address, REGISTERS_SIZE) === 0;
  }

  /** Remember the number of a call that the kernel will go on with under another one. */
  noteRestart(): void {
    const call = this.registers.getResumableCall();
    if (call !== undefined && !this.registers.isRestartSyscall()) this.restartedCall = call;
  }

  /** The siginfo_t of a signal stop: 128 bytes, valid until the next call. */
  fetchSiginfo(): NativeBuffer | undefined {
    // Remote calls have read it before they left that stop.
    if (this.isDisplaced) return this.siginfo;
    return ptraceGetsiginfo(this.tid, this.siginfo.address) === 0 ? this.siginfo : undefined;
  }

  /** A signal came while the thread made remote calls: it is what it is stopped for from now on. */
  deferSignal(signo: number): void {
    if (this.stop?.kind === 'signal' || this.stop?.kind === 'group-stop') {
      this.deferredSignals.push(signo);
      return;
    }
    ptraceGetsiginfo(this.tid, this.siginfo.address);
    this.stop = { kind: 'signal', signo };
  }

  /** Ask for a stop. The thread may already be on its way into another one. */
  interrupt(): void {
    ptraceInterrupt(this.tid);
  }

  /**
   * Run on from the present stop; `signo` is handed over where the stop was for a signal. A group
   * stop is kept (the thread listens for SIGCONT). Errors mean that the thread is gone: its exit
   * is reported by waitpid.
   */
  resume(signo = 0): void {
    const stop = this.stop;
    this.stop = undefined;
    if (stop?.kind === 'group-stop') {
      this.resumeGroupStop();
      return;
    }
    const deferred = signo === 0 ? this.deferredSignals.shift() : undefined;
    if (signo !== 0 && this.isDisplaced) ptraceSetsiginfo(this.tid, this.siginfo.address);
    this.isDisplaced = false;
    this.state = 'running';
    const handed = signo === 0 ? (deferred ?? 0) : signo;
    if (handed !== 0) this.waitsUntil = undefined;
    if (this.waitsUntil === undefined) ptraceCont(this.tid, handed);
    else ptraceSyscall(this.tid, 0);
  }

  private resumeGroupStop(): void {
    if (this.isDisplaced) {
      this.isDisplaced = false;
      this.state = 'running';
      ptraceCont(this.tid, SIGSTOP);
      return;
    }
    this.state = 'listening';
    ptraceListen(this.tid);
  }
}

/** The threads of one traced process, and whether they are being held still. */
export class ThreadGroup {
  readonly pid: number;
  readonly threads = new Map<number, Thread>();
  /** While true, stops are held instead of handled: somebody works on the whole process. */
  isHeld = false;
  /** Counts execs: work that sees it change has lost the process it worked on. */
  execCount = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  get leader(): Thread | undefined {
    return this.threads.get(this.pid);
  }

  isStill(): boolean {
    for (const thread of this.threads.values()) {
      if (thread.state !== 'stopped') return false;
    }
    return true;
  }
}
