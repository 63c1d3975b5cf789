/**
 * System calls that a stopped thread makes for us, over one `syscall` instruction in its vdso.
 *
 * A scope: the thread's registers and signal mask are as before when `end` has run. All signals but
 * SIGTRAP are blocked meanwhile; one that comes all the same (SIGSTOP) is deferred, not lost.
 * SIGTRAP stays open because the kernel, when it must force a blocked or ignored one on a thread,
 * resets the program's own disposition.
 *
 * Source: ptrace(2); kernel/signal.c, force_sig_info_to_task.
 */
import { ARGUMENT_REGISTERS, Registers, REGISTERS_SIZE } from '../arch/x64/registers.ts';
import { BelayError, SyscallError } from '../errors.ts';
import { NativeBuffer } from '../sys/libc.ts';
import {
  ptraceCont,
  ptraceInterrupt,
  ptraceGetsigmask,
  ptraceSetsigmask,
  ptraceSinglestep,
} from '../sys/ptrace.ts';
import type { EventPump } from './event-pump.ts';
import type { Thread } from './thread.ts';

const SIGTRAP = 5;
const SYSCALL_SIZE = 2;
const ERRNO_MAX = 4095;
/** Steps that one call may take: every signal that comes between costs one. Chosen. */
const STEPS_MAX = 200;

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
  private hasExeced = false;
  private hasLeft = false;
  private hasCalled = false;
  private readonly stopBefore: Thread['stop'];

  constructor(pump: EventPump, thread: Thread, syscallAddress: number) {
    this.pump = pump;
    this.thread = thread;
    this.syscallAddress = syscallAddress;
    this.stopBefore = thread.stop;
    if (!thread.fetchRegisters()) throw new TargetGoneError(thread.tid);
    if (thread.stop?.kind === 'signal') thread.fetchSiginfo();
    this.saved.copyFrom(thread.registers);
    pump.guard.enter(thread);
    ptraceGetsigmask(thread.tid, this.mask.address);
    this.mask.setUint64(8, 0);
    this.mask.words[2] = ~(1 << (SIGTRAP - 1)) >>> 0;
    this.mask.words[3] = 0xffffffff;
    ptraceSetsigmask(thread.tid, this.mask.address + 8);
  }

  /** Make a call; its result, or minus errno. 0 for an execve that worked. */
  call(nr: number, ...values: readonly number[]): number {
    const { thread } = this;
    const registers = thread.registers;
    registers.copyFrom(this.saved);
    ARGUMENT_REGISTERS.forEach((name, index) => {
      registers.set(name, values[index] ?? 0);
    });
    registers.set('rax', nr);
    registers.set('orig_rax', -1);
    registers.set('rip', this.syscallAddress);
    if (!thread.storeRegisters()) throw this.gone();
    this.step(this.syscallAddress + SYSCALL_SIZE);
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

  /** Put registers and mask back; after an execve the mask alone. The thread stays stopped. */
  end(): void {
    const { thread } = this;
    if (thread.state === 'gone') {
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
    if (isAtEntry && thread.isDisplaced && thread.registers.isInSyscall()) {
      // The call it was about to make has been skipped: it is made anew.
      thread.registers.rewindSyscall();
      thread.isAtSyscallEntry = false;
      if (thread.stop === this.stopBefore) thread.stop = { kind: 'interrupt' };
    }
    thread.storeRegisters();
    if (this.hasCalled && !this.isSignalOwed()) this.leaveStep();
    ptraceSetsigmask(thread.tid, this.mask.address);
    this.leave();
  }

  /** Only from the step's own stop can a signal be handed over. */
  private isSignalOwed(): boolean {
    const { stop, deferredSignals } = this.thread;
    return stop?.kind === 'signal' || stop?.kind === 'group-stop' || deferredSignals.length > 0;
  }

  /**
   * From the step's own stop into one for an interrupt: a thread in the former would be handed its
   * SIGTRAP if the tracer died. No instruction of the program is run.
   */
  private leaveStep(): void {
    const { thread } = this;
    const { stop } = thread;
    ptraceInterrupt(thread.tid);
    ptraceCont(thread.tid, 0);
    const next = this.pump.nextOf(thread);
    // A group stop that has begun meanwhile is the stop that it is in.
    thread.stop = next?.kind === 'group-stop' && stop?.kind === 'interrupt' ? next : stop;
    thread.isDisplaced = false;
    if (next?.kind === 'exit') ptraceCont(thread.tid, 0);
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

  /** Step until the instruction pointer is `target`. */
  private step(target: number): void {
    const { thread } = this;
    thread.isDisplaced = true;
    this.hasCalled = true;
    for (let steps = 0; steps < STEPS_MAX; steps += 1) {
      if (ptraceSinglestep(thread.tid) !== 0) throw this.gone();
      const stop = this.pump.nextOf(thread);
      if (stop === undefined) throw this.gone();
      if (stop.kind === 'exec') {
        this.hasExeced = true;
        return;
      }
      if (stop.kind === 'exit') {
        ptraceCont(thread.tid, 0);
        throw this.gone();
      }
      if (stop.kind === 'signal' && stop.signo !== SIGTRAP) thread.deferSignal(stop.signo);
      if (!thread.fetchRegisters()) throw this.gone();
      const isStep = stop.kind === 'signal' && stop.signo === SIGTRAP;
      if (isStep && thread.registers.get('rip') === target) return;
    }
    throw new BelayError('EINTERNAL', `cannot make thread ${thread.tid} call: it does not step`);
  }
}
