/** One traced thread: what the kernel has last said of it, and how to let it run on. */
import assert from 'node:assert/strict';
import type { Registers } from '../arch/x64/registers.ts';
import type { NativeBuffer } from '../sys/libc.ts';
import {
  ptraceCont,
  ptraceDetach,
  ptraceInterrupt,
  ptraceListen,
  ptraceSetsiginfo,
  ptraceSyscall,
  type RseqConfiguration,
} from '../sys/ptrace.ts';
import type { Stop } from '../sys/wait.ts';
import {
  assertMove,
  GONE,
  LISTENING,
  RUNNING,
  type Stopped,
  type ThreadState,
} from './thread-state.ts';
import type { Handling } from './handling.ts';
import { Leaving } from './leaving.ts';
import { StopReadings } from './stop-readings.ts';
import type { Transfer } from './transfer.ts';
import { WayBack } from './way-back.ts';

const SIGSTOP = 19;

export class Thread {
  readonly tid: number;
  group: ThreadGroup;
  readonly readings: StopReadings;
  /** It has been begun, and not left its first stop: it is in no call that a stop breaks off. */
  isNewborn: boolean;
  /** At a `syscall` stop on the way in: the call has not been made yet. */
  isAtSyscallEntry = false;
  /** It is in a call with a time limit that a stop of ours broke off: until when, or undefined. */
  waitsUntil: number | undefined = undefined;
  /** It is in the rest of a transfer that a stop of ours broke off. */
  transfer: Transfer | undefined = undefined;
  /** To the call that its last stop broke off. */
  readonly wayBack = new WayBack();
  /** It was put back, and has not stopped since: where it goes on. */
  restoredAt: number | undefined = undefined;
  /** It is in a handler of the program's, which is given the first try at a fault. */
  handling: Handling | undefined = undefined;
  /** It makes a clone call (or is made by one) with other flags than these, the program's own. */
  ownFlags: number | undefined = undefined;
  /** Signals taken off the queue while the thread made remote calls, to be handed over later. */
  readonly deferredSignals: number[] = [];
  private current: ThreadState = RUNNING;

  constructor(tid: number, group: ThreadGroup, isNewborn = false) {
    this.tid = tid;
    this.group = group;
    this.isNewborn = isNewborn;
    this.readings = new StopReadings(tid);
  }

  /** As they were fetched last, or are about to be stored. */
  get registers(): Registers {
    return this.readings.registers;
  }

  get state(): ThreadState {
    return this.current;
  }

  get isStopped(): boolean {
    return this.current.kind === 'stopped';
  }

  /** Why it is stopped; undefined: it is not. */
  get stop(): Stop | undefined {
    return this.current.kind === 'stopped' ? this.current.stop : undefined;
  }

  /** Stopped, but calls that it made for us have left the stop that `stop` tells of. */
  get isDisplaced(): boolean {
    return this.current.kind === 'stopped' && this.current.isDisplaced;
  }

  /** The kernel has reported a stop; or: this is what it is stopped for from now on. */
  stopFor(stop: Stop, isDisplaced = false): void {
    this.become({ kind: 'stopped', stop, isDisplaced });
  }

  /** It leaves its stop to make calls for us, and counts as stopped for the same all the while. */
  displace(): void {
    this.moved();
    this.become({ ...this.assertStopped(), isDisplaced: true });
  }

  /**
   * It goes on untraced, with the signal `signo` if its stop was for one. As one does whose end has
   * begun: the end of a tracee is told to its tracer first, and until that has heard of it the
   * program's own waits find it neither running nor ended.
   */
  end(signo = 0): void {
    this.become(GONE);
    ptraceDetach(this.tid, signo);
  }

  leave(): void {
    if (this.current.kind !== 'gone') this.become(GONE);
  }

  /** Run on, whatever it was stopped for, with registers that were set for it. */
  proceed(): void {
    this.become(RUNNING);
    ptraceCont(this.tid, 0);
  }

  /** Read the general registers, as the kernel has them; false when the thread is gone. */
  fetchRegisters(): boolean {
    if (!this.isStopped) this.moved();
    return this.readings.fetchRegisters();
  }

  /** Write them back; false when the thread is gone. */
  storeRegisters(): boolean {
    return this.readings.storeRegisters();
  }

  /** It is about to leave its stop, or has come to another one. */
  moved(): void {
    this.readings.forget();
  }

  /** Where its restartable sequences are registered; undefined: the kernel does not tell. */
  readRseqArea(): RseqConfiguration | undefined {
    return this.readings.readRseqArea();
  }

  /** It has made (or not made) its clone call: the flags are in the register as they were. */
  giveFlagsBack(): void {
    const { ownFlags } = this;
    if (ownFlags === undefined || !this.fetchRegisters()) return;
    this.ownFlags = undefined;
    this.registers.setInt('rdi', ownFlags);
    this.storeRegisters();
  }

  /** It has stopped, and its registers are read: find out which call it is in, and stays in. */
  settleCall(): void {
    if (this.wayBack.settle(this.registers, this.stop)) this.storeRegisters();
  }

  /** The siginfo_t of a signal stop: 128 bytes, valid until the next call. */
  fetchSiginfo(): NativeBuffer | undefined {
    // Remote calls have read it before they left that stop.
    if (this.isDisplaced) return this.readings.siginfo;
    return this.readings.fetchSiginfo() ? this.readings.siginfo : undefined;
  }

  /** A signal came while the thread made remote calls: it is what it is stopped for from now on. */
  deferSignal(signo: number): void {
    const stopped = this.assertStopped();
    if (stopped.stop.kind === 'signal' || stopped.stop.kind === 'group-stop') {
      this.deferredSignals.push(signo);
      return;
    }
    this.readings.fetchSiginfo();
    this.become({ ...stopped, stop: { kind: 'signal', signo } });
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
    const { stop, isDisplaced } = this.assertStopped();
    if (stop.kind === 'group-stop') {
      this.resumeGroupStop(isDisplaced);
      return;
    }
    const deferred = signo === 0 ? this.deferredSignals.shift() : undefined;
    if (signo !== 0 && isDisplaced) ptraceSetsiginfo(this.tid, this.readings.siginfo.address);
    this.become(RUNNING);
    const handed = signo === 0 ? (deferred ?? 0) : signo;
    if (handed !== 0) this.waitsUntil = undefined;
    if (this.isFollowed) {
      ptraceSyscall(this.tid, handed);
      return;
    }
    // The way out of a call is not told of to one who did not ask.
    this.isAtSyscallEntry = false;
    ptraceCont(this.tid, handed);
  }

  /** To the entry and the exit of system calls. */
  private get isFollowed(): boolean {
    return (
      this.waitsUntil !== undefined ||
      this.transfer !== undefined ||
      this.handling !== undefined ||
      this.ownFlags !== undefined
    );
  }

  /** Resume; a held one with an interrupt on its way, since every stop takes back the last one. */
  runOn(): void {
    this.resume();
    if (this.group.isHeld) this.interrupt();
  }

  /** Run on from the event of a vfork: to the stop behind it, when `child` execs or ends. */
  resumeInVfork(child: number): void {
    this.restoredAt = undefined;
    this.become({ kind: 'in-vfork', child });
    ptraceCont(this.tid, 0);
  }

  /** This child has exec'd or ended: the thread runs, if it has not stopped already. */
  comeOutOfVfork(child: number): void {
    const { current } = this;
    if (current.kind === 'in-vfork' && current.child === child) this.become(RUNNING);
  }

  private resumeGroupStop(isDisplaced: boolean): void {
    if (isDisplaced) {
      this.become(RUNNING);
      ptraceCont(this.tid, SIGSTOP);
      return;
    }
    this.become(LISTENING);
    ptraceListen(this.tid);
  }

  /** Throws when it is not stopped: a mistake of whoever asks. */
  assertStopped(): Stopped {
    const { current } = this;
    assert.ok(current.kind === 'stopped', `thread ${this.tid} is ${current.kind}, not stopped`);
    return current;
  }

  private become(next: ThreadState): void {
    // What a stop counts as is ours to say; the thread is where it was.
    if (next.kind !== 'stopped' || this.current.kind !== 'stopped') this.moved();
    assertMove(this.tid, this.current, next);
    if (this.current.kind === 'stopped' && next.kind !== 'stopped') this.isNewborn = false;
    this.current = next;
  }
}

/** The threads of one traced process, and whether they are being held still. */
export class ThreadGroup {
  readonly pid: number;
  readonly threads = new Map<number, Thread>();
  /** While true, stops are held instead of handled: somebody works on the whole process. */
  isHeld = false;
  /** Those that run no more code of the program, and that the kernel still takes down. */
  readonly leaving: Leaving;
  /** Counts execs: work that sees it change has lost the process it worked on. */
  execCount = 0;
  /** When it was met: by performance.now(), as points have it. */
  readonly metMs = performance.now();
  /** How many processes it has begun: each has what it had open. */
  birthCount = 0;
  /** Filters of belay's: those left behind by earlier supervisors, and the one of now. */
  filterCount = 0;
  /** A thread has filters of its own, as far as anybody has looked. */
  isFiltered: boolean | undefined = undefined;
  /** No process of the program's: it was begun for us, stays stopped, and ends when we do. */
  isOurs = false;
  /** It is being let go: each of its threads as soon as it stops. */
  isLeaving = false;

  constructor(pid: number) {
    this.pid = pid;
    this.leaving = new Leaving(pid);
  }

  get leader(): Thread | undefined {
    return this.threads.get(this.pid);
  }

  /**
   * A thread through which the process is seen in /proc: of a leader that has ended before its
   * other threads, the kernel shows neither memory nor descriptors.
   */
  get living(): number {
    if (this.threads.has(this.pid)) return this.pid;
    for (const tid of this.threads.keys()) return tid;
    return this.pid;
  }

  /** A thread that waits in vfork(2) cannot be stopped. */
  get isInVfork(): boolean {
    for (const thread of this.threads.values()) {
      if (thread.state.kind === 'in-vfork') return true;
    }
    return false;
  }

  isStill(): boolean {
    for (const thread of this.threads.values()) {
      if (!thread.isStopped) return false;
    }
    return true;
  }
}
