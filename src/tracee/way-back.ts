/**
 * The way back into a system call that a stop broke off.
 *
 * The kernel makes such a call again from user mode: for some instructions the thread is not in its
 * call. A handler that runs there comes before the call, which then waits for what has been. Few
 * programs can meet that without us (pause(2) behind SIGSTOP); with us a stop is no rare event, and
 * a thread that was put back into its call has been in it all along. So a thread that is stopped
 * for a signal at the very instruction is put into its call again, where the signal ends it.
 *
 * One that has come round to make the same call once more looks the same. To it, a call that was
 * broken off before it began is one that was broken off just after.
 *
 * Source: arch/x86/kernel/signal.c, arch_do_signal_or_restart; signal(7).
 */
import { SYSCALL_INSTRUCTION, type Registers } from '../arch/x64/registers.ts';
import type { Stop } from '../sys/wait.ts';

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV: what the instruction itself may have caused. */
const FAULTS: ReadonlySet<number> = new Set([4, 5, 7, 8, 11]);
/** No instruction of a program is there. */
const NOWHERE = -1;

export class WayBack {
  /** It was a stop of ours, and no signal of the program's has come to the thread since. */
  isHeldUp = false;
  /** The call that the kernel goes on with as restart_syscall, which hides its number. */
  restartedCall: number | undefined = undefined;
  /** When the call was first broken off, from performance.now: it has waited since, at least. */
  brokenOffMs = 0;
  /** It was put back into a call in which it had waited so long at the point; NaN: into none. */
  waitedMs = NaN;
  /** Where the call is made. */
  private ip = NOWHERE;
  /** What is in rax there. */
  private number = 0;
  private call = 0;
  private restart = 0;

  /** Of the call in the registers, where its number is hidden: its own, if it is known. */
  hiddenCall(registers: Registers): number | undefined {
    return registers.isRestartSyscall() ? this.restartedCall : undefined;
  }

  /** The thread has stopped: find out which call it is in, and stays in. Whether it changes. */
  settle(registers: Registers, stop: Stop | undefined): boolean {
    const isBack = this.reenter(registers, stop);
    const call = registers.getResumableCall();
    // Once it runs on, the number of a call that the kernel goes on with is not to be had.
    if (call !== undefined && !registers.isRestartSyscall()) {
      this.restartedCall = call;
      this.brokenOffMs = performance.now();
    }
    this.note(registers, this.hiddenCall(registers));
    return isBack;
  }

  /** The registers of the stopped thread are as it goes on; `call`: the number of its call. */
  note(registers: Registers, call = registers.getInt('orig_rax')): void {
    this.ip = NOWHERE;
    if (!registers.isInterruptedSyscall()) return;
    this.ip = registers.get('rip') - SYSCALL_INSTRUCTION.length;
    this.number = registers.getRestartNumber();
    this.call = call;
    this.restart = registers.getRestart();
  }

  /** Put it into the call, if it was on its way there. Whether it was. */
  private reenter(registers: Registers, stop: Stop | undefined): boolean {
    if (stop?.kind === 'signal' && FAULTS.has(stop.signo)) return false;
    if (registers.get('rip') !== this.ip || registers.getInt('rax') !== this.number) return false;
    registers.breakOff(this.call, this.restart);
    return true;
  }
}
