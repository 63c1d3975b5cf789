/**
 * System calls that a stopped thread makes for us, over one `syscall` instruction in its vdso.
 *
 * A scope: the thread's registers, signal mask and restartable sequence are as before when `end`
 * has run. All signals are blocked meanwhile; SIGSTOP, which cannot be, is deferred, not lost.
 * Calls are followed from entry to exit rather than stepped over: a step forces SIGTRAP on the
 * thread, which takes a pending one of the program's along and undoes that it is ignored. And a
 * thread that steps falls of SIGTRAP when its tracer dies before it is resumed.
 * In the middle of a rollback that death is meant, and where SIGTRAP is neither pending nor ignored
 * simple calls are stepped over: one stop instead of two, and none to leave the last call's exit.
 *
 *   the stop it was in ──▶ (exit of a call that was skipped) ──▶ entry ──▶ exit ──▶ next call
 *                                                                           │ end
 *                            interrupt stop, or the stop of the signal it owes ◀┘
 *
 * Source: ptrace(2); kernel/signal.c, force_sig_info_to_task.
 */
import {
  ARGUMENT_REGISTERS,
  ERESTARTNOHAND,
  ERESTARTSYS,
  Registers,
  REGISTERS_SIZE,
} from '../arch/x64/registers.ts';
import { BelayError, SyscallError } from '../errors.ts';
import { NativeBuffer } from '../sys/libc.ts';
import {
  ptraceCont,
  ptraceInterrupt,
  ptraceGetsigmask,
  ptraceSetsigmask,
  ptraceSinglestep,
  ptraceSyscall,
} from '../sys/ptrace.ts';
import type { EventPump } from './event-pump.ts';
import { handOver, sendDeferredAgain } from './hand-over.ts';
import { setSectionAside, writeCriticalSection } from './rseq.ts';
import type { Thread } from './thread.ts';
import { wasSent } from './siginfo.ts';
import { canStepOver } from './stepping.ts';
import { readUserDispatch, writeUserDispatch } from './user-dispatch.ts';
import type { Stop } from '../sys/wait.ts';

const SIGTRAP = 5;
const TRAP_BIT = 1 << (SIGTRAP - 1);
const ALL = 0xffffffff;
const SYSCALL_SIZE = 2;
const ERRNO_MAX = 4095;
/** Stops that one call may take: every signal that comes between costs one. Chosen. */
const STOPS_MAX = 200;
/** Chosen: some tens of milliseconds of somebody who sends SIGSTOP without end. */
const AGAIN_MAX = 500;

/** The thread or its whole process went away in the middle of a remote call. */
export class TargetGoneError extends BelayError {
  constructor(tid: number) {
    super('ESRCH', `cannot go on with thread ${tid}: it is gone`);
  }
}

export class RemoteCalls {
  readonly thread: Thread;
  private readonly pump: EventPump;
  readonly syscallAddress: number;
  private readonly saved = new Registers(new NativeBuffer(REGISTERS_SIZE).words);
  private readonly mask = new NativeBuffer(16);
  /** Where the thread's rseq area pointed to before it made calls. */
  private section: number | bigint = 0;
  /** Its calls come as SIGSYS: not while it makes ours. */
  private readonly dispatch: Uint8Array | undefined;
  private hasExeced = false;
  private hasLeft = false;
  private hasCalled = false;
  /** The last call was followed to its exit, behind which the kernel looks for no signals. */
  private isAtExit = false;
  private isTrapOpen = false;
  private readonly maySteps: () => boolean;
  private hasEnded = false;
  private readonly stopBefore: Thread['stop'];

  /** @param maySteps whether calls may be stepped over: see above */
  constructor(
    pump: EventPump,
    thread: Thread,
    syscallAddress: number,
    maySteps = (): boolean => false,
  ) {
    this.pump = pump;
    this.maySteps = maySteps;
    this.thread = thread;
    this.syscallAddress = syscallAddress;
    this.stopBefore = thread.stop;
    if (!thread.fetchRegisters()) throw new TargetGoneError(thread.tid);
    if (thread.stop?.kind === 'signal') thread.fetchSiginfo();
    this.saved.copyFrom(thread.registers);
    pump.guard.enter(thread);
    ptraceGetsigmask(thread.tid, this.mask.address);
    this.block(maySteps());
    this.dispatch = readUserDispatch(thread.tid);
    if (this.dispatch !== undefined) writeUserDispatch(thread.tid, undefined);
  }

  /** All signals; but a step is told of by SIGTRAP, which must then be open to be forced unseen. */
  private block(isTrapOpen: boolean): void {
    this.isTrapOpen = isTrapOpen;
    this.mask.words[2] = isTrapOpen ? ~TRAP_BIT >>> 0 : ALL;
    this.mask.words[3] = ALL;
    ptraceSetsigmask(this.thread.tid, this.mask.address + 8);
  }

  /** Make a call; its result, or minus errno. 0 for an execve that worked. */
  call(nr: number, ...values: readonly number[]): number {
    let result = this.make(nr, values, true);
    // SIGSTOP, which cannot be blocked, breaks off a clone; it is off the queue by the next one.
    for (let again = 0; again < AGAIN_MAX && isToBeMadeAgain(result); again += 1) {
      result = this.make(nr, values, true);
    }
    return result;
  }

  /** As `call`, of one that may wait: where it would, it is broken off at once, as by a signal. */
  callAtOnce(nr: number, ...values: readonly number[]): number {
    return this.make(nr, values, false);
  }

  private make(nr: number, values: readonly number[], waits: boolean): number {
    if (this.hasEnded) throw new BelayError('EINTERNAL', 'calls are made that have been ended');
    const { thread } = this;
    const registers = thread.registers;
    if (!this.hasCalled) this.section = setSectionAside(thread);
    registers.copyFrom(this.saved);
    ARGUMENT_REGISTERS.forEach((name, index) => {
      registers.set(name, values[index] ?? 0);
    });
    registers.set('rax', nr);
    registers.set('orig_rax', -1);
    registers.set('rip', this.syscallAddress);
    if (!thread.storeRegisters()) throw this.gone();
    const target = this.syscallAddress + SYSCALL_SIZE;
    // Behind any other call nothing is known of SIGTRAP any more: that may have sent it.
    const isStep = waits && this.isTrapOpen && canStepOver(nr, thread) && this.maySteps();
    if (isStep) this.stepOver(target);
    else {
      if (this.isTrapOpen) this.block(false);
      this.follow(target, waits);
    }
    return this.result();
  }

  /** As `call`, but an error is thrown as a SyscallError. */
  callOrThrow(name: string, nr: number, ...values: readonly number[]): number {
    const result = this.call(nr, ...values);
    if (result < 0) {
      throw new SyscallError(`cannot ${name} in the program`, {
        syscall: name,
        errno: -result,
        tid: this.thread.tid,
      });
    }
    return result;
  }

  /**
   * Put registers and mask back; after an execve the mask alone. The thread stays stopped.
   *
   * @param isToBePutBack all of it is about to be made as at a point: nothing is to be put back
   */
  end(isToBePutBack = false): void {
    const { thread } = this;
    this.hasEnded = true;
    const isSimple = !this.isAtExit && this.dispatch === undefined && !this.hasExeced;
    if (isToBePutBack && isSimple && thread.stop?.kind === 'interrupt') {
      thread.stopFor(thread.stop);
      this.leave();
      return;
    }
    if (thread.state.kind === 'gone') {
      this.leave();
      return;
    }
    if (this.hasExeced) {
      ptraceSetsigmask(thread.tid, this.mask.address);
      this.leave();
      return;
    }
    thread.registers.copyFrom(this.saved);
    const isAtEntry = this.stopBefore?.kind === 'seccomp' || thread.isAtSyscallEntry;
    if (isAtEntry && thread.isDisplaced) {
      thread.isAtSyscallEntry = false;
      // The call it was about to make has been skipped: it is made anew.
      if (thread.registers.isInSyscall()) {
        thread.registers.rewindSyscall();
        if (thread.stop === this.stopBefore) thread.stopFor({ kind: 'interrupt' }, true);
      }
    }
    thread.storeRegisters();
    if (this.hasCalled) {
      // Its memory may have been written meanwhile.
      const section = setSectionAside(thread);
      if (section !== 0) this.section = section;
      this.leaveCall();
    }
    ptraceSetsigmask(thread.tid, this.mask.address);
    writeCriticalSection(thread, this.section);
    if (this.dispatch !== undefined) writeUserDispatch(thread.tid, this.dispatch);
    this.leave();
  }

  /** Out of the last call's exit, into a stop like the one before. Nothing of the program runs. */
  private leaveCall(): void {
    const { thread } = this;
    const { stop } = thread.assertStopped();
    if (!this.isAtExit) {
      // It is in the stop of a signal, as good as any, and from which it can be handed another.
      if (stop.kind !== 'signal') thread.stopFor(stop);
      return;
    }
    if (stop.kind === 'signal' && handOver(this.pump, thread)) return;
    ptraceInterrupt(thread.tid);
    ptraceCont(thread.tid, 0);
    const next = this.pump.nextOf(thread);
    if (next?.kind === 'exit') this.pump.letEnd(thread);
    if (next === undefined || next.kind === 'exit') return;
    // A group stop may have begun or ended meanwhile, and SIGSTOP come, which cannot be blocked.
    const isNext = isPlain(stop) && (isPlain(next) || next.kind === 'signal');
    thread.stopFor(isNext ? next : stop);
    sendDeferredAgain(thread);
  }

  private leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.pump.guard.leave(this.thread);
  }

  private gone(): TargetGoneError {
    this.leave();
    return new TargetGoneError(this.thread.tid);
  }

  private result(): number {
    // At an exec stop the registers are the new image's, and its rax tells nothing.
    if (this.hasExeced) return 0;
    const { registers } = this.thread;
    const high = registers.words[21] ?? 0;
    const low = registers.getInt('rax');
    if (high === 0xffffffff && low < 0 && low >= -ERRNO_MAX) return low;
    return registers.get('rax');
  }

  /** One instruction, or two where a call is skipped first: to the stop behind `target`. */
  private stepOver(target: number): void {
    const { thread } = this;
    thread.displace();
    this.hasCalled = true;
    for (let stops = 0; stops < STOPS_MAX; stops += 1) {
      if (ptraceSinglestep(thread.tid) !== 0) throw this.gone();
      const stop = this.pump.nextOf(thread);
      if (stop === undefined) throw this.gone();
      if (stop.kind === 'exit') {
        this.pump.letEnd(thread);
        throw this.gone();
      }
      if (stop.kind !== 'signal') continue;
      // One that somebody sends meanwhile takes the place of ours.
      if (stop.signo !== SIGTRAP || wasSent(thread.tid)) thread.deferSignal(stop.signo);
      if (!thread.fetchRegisters()) throw this.gone();
      if (thread.registers.get('rip') === target) return;
    }
    throw new BelayError('EINTERNAL', `cannot have thread ${thread.tid} make a step`);
  }

  /** Follow the call that returns to `target`: from its entry to its exit. */
  private follow(target: number, waits: boolean): void {
    const { thread } = this;
    thread.displace();
    this.hasCalled = true;
    this.isAtExit = true;
    let hasEntered = false;
    let last: Stop | undefined;
    for (let stops = 0; stops < STOPS_MAX; stops += 1) {
      if (ptraceSyscall(thread.tid, 0) !== 0) throw this.gone();
      const stop = this.pump.nextOf(thread);
      if (stop === undefined) throw this.gone();
      last = stop;
      if (stop.kind === 'exec') {
        this.hasExeced = true;
        return;
      }
      if (stop.kind === 'exit') {
        this.pump.letEnd(thread);
        throw this.gone();
      }
      if (stop.kind === 'signal') thread.deferSignal(stop.signo);
      if (stop.kind !== 'syscall') continue;
      if (!thread.fetchRegisters()) throw this.gone();
      // Where it was at the entry of a call, that one is skipped first.
      if (thread.registers.get('rip') !== target) continue;
      if (hasEntered) return;
      hasEntered = true;
      if (!waits) thread.interrupt();
    }
    const why = `it does not answer, and stops for ${describe(last)} again and again`;
    throw new BelayError('EINTERNAL', `cannot make thread ${thread.tid} call: ${why}`);
  }
}

function describe(stop: Stop | undefined): string {
  return stop?.kind === 'signal' ? `signal ${stop.signo}` : String(stop?.kind);
}

function isPlain({ kind }: Stop): boolean {
  return kind === 'interrupt' || kind === 'group-stop';
}

/** As a tracer sees it at the call's exit. */
function isToBeMadeAgain(result: number): boolean {
  return result >= ERESTARTNOHAND && result <= ERESTARTSYS;
}
