/**
 * Calls that a stop broke off: one of ours, or one for a signal that the program ignores. Only a
 * tracee is woken by those, so the call goes on as if nothing had been.
 *
 * The kernel answers EINTR for some of them after every stop, and knows nothing of the time that
 * has passed. They are made again, with their whole limit; but the thread is then followed to the
 * end of the call, and when its limit has passed an alarm stops it, and ends the call as the kernel
 * would have. So a call is never early, and late by no more than the interval of the stops (or,
 * after a single stop, by as much as it had waited before). Transfers: see transfers.ts.
 *
 *   stop finds EINTR ─▶ waiting ── entry of the call made again ── exit ─▶ done
 *                          ▲                                        │ EINTR, and a stop of ours
 *                          └────────────────────────────────────────┘
 *
 * The same is done with the calls of a thread that was put back on a point in the middle of a wait:
 * they are made with their whole limit, of which less was left then. How long it had waited is
 * known from the first stop on that it was found there at.
 *
 * Where a filter of the program's may forbid restart_syscall, the calls that the kernel goes on
 * with under that number are made again, too: the program would die of our stop.
 *
 * Signals that the program handles end all that: EINTR, or the part that was transferred, unless
 * what the call waits for has come, too (last-look.ts). So does a stop of the whole process
 * (SIGSTOP), as it does without belay.
 */
import { ERESTARTNOHAND, Registers, REGISTERS_SIZE } from '../arch/x64/registers.ts';
import { TIMED_CALLS } from '../arch/x64/timed-calls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { readStatus } from '../tasks/read-status.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { STOP_SIGNALS } from '../tracee/hand-over.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Transfer } from '../tracee/transfer.ts';
import { takeLastLook } from './last-look.ts';
import { isLimitNoted, readLimitMs, writeRemainder } from './time-limits.ts';
import { beginTransfer, continueTransfer, endTransfer, isBrokenOffTransfer } from './transfers.ts';
import { WaitAlarm } from './wait-alarm.ts';

/** SIGCHLD, SIGCONT, SIGURG, SIGWINCH. */
const IGNORED_BY_DEFAULT: ReadonlySet<number> = new Set([17, 18, 23, 28]);

type Disposition = 'ignored' | 'caught' | 'stops' | 'ends';

export class Waits {
  private readonly alarm = new WaitAlarm();

  /** The alarm went off: stop the threads whose time is up. */
  onAlarm(): void {
    this.alarm.ring();
  }

  /** A stop of ours is over. */
  resumeInterrupted(process_: TracedProcess | undefined, thread: Thread): void {
    if (process_ !== undefined && !thread.isNewborn) this.prepare(process_, thread);
    thread.resume();
  }

  /** Let the call that a stop of ours broke off go on when the thread is resumed. */
  prepare(process_: TracedProcess, thread: Thread): void {
    if (thread.fetchRegisters()) this.goOn(process_, thread);
  }

  /** It was put back, and is to be resumed: of its call's limit is left what was at the point. */
  goOnPutBack(process_: TracedProcess, thread: Thread): void {
    const { waitedMs } = thread.wayBack;
    thread.wayBack.waitedMs = NaN;
    if (Number.isNaN(waitedMs) || !thread.fetchRegisters()) return;
    const registers = readCallAhead(thread);
    const call = TIMED_CALLS.get(registers.getCall());
    if (call === undefined || isLimitNoted(registers, call)) return;
    const limitMs = readLimitMs(process_, registers, call);
    if (limitMs === undefined) return;
    thread.wayBack.brokenOffMs = performance.now() - waitedMs;
    thread.waitsUntil = thread.wayBack.brokenOffMs + limitMs;
    this.alarm.set(thread, thread.waitsUntil);
  }

  /** The thread stopped for a signal that is not ours to take away. */
  resumeSignalled(process_: TracedProcess | undefined, thread: Thread, signo: number): void {
    const hasLooked = process_ !== undefined && takeLastLook(process_, thread, signo);
    if (thread.isStopped) this.passOn(process_, thread, signo);
    // What came of its other threads meanwhile.
    if (hasLooked) process_.stopped.pump.letGo(process_.group);
  }

  private passOn(process_: TracedProcess | undefined, thread: Thread, signo: number): void {
    if (process_ === undefined || !isBrokenOff(process_, thread)) {
      thread.resume(signo);
      return;
    }
    const disposition = readDisposition(process_.pid, signo);
    if (disposition === 'ignored') {
      this.goOn(process_, thread);
      thread.resume();
      return;
    }
    if (disposition === 'caught') tellRemainder(process_, thread);
    leaveCall(thread, disposition === 'stops');
    thread.resume(signo);
  }

  /** The process is being stopped as a whole. */
  resumeGroupStop(thread: Thread): void {
    if (thread.fetchRegisters()) leaveCall(thread, true);
    thread.resume();
  }

  /** The followed thread enters or leaves its call. */
  resumeFollowed(process_: TracedProcess | undefined, thread: Thread): void {
    if (thread.isAtSyscallEntry || process_ === undefined || !thread.fetchRegisters()) {
      // It may have been held there.
      if (thread.isAtSyscallEntry) thread.transfer?.span?.writeLeft();
      thread.resume();
      return;
    }
    // It has left the call that it was put back in the middle of: that of the point comes now.
    if (!thread.registers.isInSyscall()) {
      thread.resume();
      return;
    }
    if (thread.transfer !== undefined) {
      this.goOnTransferring(process_, thread, thread.transfer);
    } else if (this.askForRest(process_, thread)) {
      thread.storeRegisters();
    } else if (isToBeMadeAgain(process_, thread)) {
      this.goOnWaiting(process_, thread);
      thread.storeRegisters();
      // Only behind a signal or an interrupt does the kernel look whether a call is made again.
      if (thread.waitsUntil !== undefined) thread.interrupt();
    } else thread.waitsUntil = undefined;
    thread.resume();
  }

  /** Let the call that the thread was broken off in go on; its registers have been read. */
  private goOn(process_: TracedProcess, thread: Thread): void {
    thread.wayBack.isHeldUp = thread.registers.isInterruptedSyscall();
    // The rest of a transfer is about to be called for.
    if (thread.transfer !== undefined) return;
    if (this.askForRest(process_, thread)) thread.storeRegisters();
    else if (isToBeMadeAgain(process_, thread)) {
      this.goOnWaiting(process_, thread);
      thread.storeRegisters();
    }
  }

  private goOnWaiting(process_: TracedProcess, thread: Thread): void {
    const { registers } = thread;
    if (registers.isRestartSyscall())
      registers.setRestartUnlessHandled(thread.wayBack.restartedCall);
    const call = TIMED_CALLS.get(registers.getCall());
    if (call !== undefined && isLate(thread)) {
      thread.waitsUntil = undefined;
      if (call.emptiesSets === true) emptySets(process_, thread);
      registers.finishSyscall(call.answer);
      return;
    }
    this.watch(process_, thread, registers);
    registers.setRestartUnlessHandled();
  }

  /** If the call has answered with a part, and has time for more, the rest is called for. */
  private askForRest(process_: TracedProcess, thread: Thread): boolean {
    const transfer = beginTransfer(process_, thread, isLate(thread));
    if (transfer === undefined) return false;
    if (transfer.hasLimitByStep) thread.waitsUntil = undefined;
    this.watch(process_, thread, transfer.saved);
    return true;
  }

  /** A call for the rest of a transfer is at its exit. */
  private goOnTransferring(process_: TracedProcess, thread: Thread, transfer: Transfer): void {
    const hasLimit = thread.waitsUntil !== undefined;
    const isStep = !thread.registers.isInterruptedSyscall();
    continueTransfer(thread, isLate(thread));
    const isOver = thread.transfer === undefined;
    if (isOver || (isStep && transfer.hasLimitByStep)) thread.waitsUntil = undefined;
    if (!isOver && hasLimit) this.watch(process_, thread, transfer.saved);
    thread.storeRegisters();
  }

  /** Set the alarm for the end of the call in `registers`, if it has a limit. */
  private watch(process_: TracedProcess, thread: Thread, registers: Registers): void {
    const call = TIMED_CALLS.get(registers.getCall());
    if (call === undefined) return;
    if (thread.waitsUntil === undefined) {
      const limitMs = readLimitMs(process_, registers, call);
      if (limitMs === undefined) return;
      thread.wayBack.brokenOffMs = performance.now();
      thread.waitsUntil = thread.wayBack.brokenOffMs + limitMs;
    }
    this.alarm.set(thread, thread.waitsUntil);
  }
}

/** The time that its call has is up. */
function isLate({ waitsUntil }: Thread): boolean {
  return waitsUntil !== undefined && performance.now() >= waitsUntil;
}

/** The call that a stopped thread is in has answered, or would, because it was stopped. */
export function isBrokenOff(process_: TracedProcess, thread: Thread): boolean {
  if (thread.transfer !== undefined || thread.waitsUntil !== undefined) return true;
  if (!thread.fetchRegisters()) return false;
  const { registers } = thread;
  if (registers.isStoppedWithoutRestart() || registers.isMadeAgainByUs()) return true;
  return isToBeMadeAgain(process_, thread) || isBrokenOffTransfer(process_, registers);
}

/** The registers of a thread that is in a call, or is about to enter it again: as in it. */
function readCallAhead({ registers }: Thread): Registers {
  const ahead = new Registers(new NativeBuffer(REGISTERS_SIZE).words);
  ahead.copyFrom(registers);
  if (!ahead.isInSyscall()) ahead.breakOff(ahead.getInt('rax'), ERESTARTNOHAND);
  return ahead;
}

/**
 * The call would answer EINTR, or be gone on with by a call that a filter may forbid, or with the
 * limit that it was made with, of which less was left at the point that the thread was put back on.
 */
function isToBeMadeAgain({ stopped }: TracedProcess, thread: Thread): boolean {
  if (thread.registers.isStoppedWithoutRestart()) return true;
  if (thread.waitsUntil !== undefined && thread.registers.getResumableCall() !== undefined) {
    return true;
  }
  return stopped.pump.confinement.mayForbidRestart(thread);
}

/** A handler ends a wait that we have made anew, with its whole time. */
export function tellRemainder(process_: TracedProcess, thread: Thread): void {
  const { registers, waitsUntil } = thread;
  if (waitsUntil === undefined || !thread.fetchRegisters()) return;
  const call = TIMED_CALLS.get(registers.getCall());
  if (call === undefined) return;
  writeRemainder(process_, registers, call, waitsUntil - performance.now());
}

/** The call ends as without us: with a part, or with EINTR if a stop `mustEnd` it. */
export function leaveCall(thread: Thread, mustEnd: boolean): void {
  const { registers } = thread;
  if (!thread.fetchRegisters()) return;
  if (thread.transfer !== undefined) endTransfer(thread);
  else if (mustEnd && (registers.isStoppedWithoutRestart() || registers.isMadeAgainByUs())) {
    registers.finishInterrupted();
  } else return;
  thread.waitsUntil = undefined;
  thread.storeRegisters();
}

export function readDisposition(pid: number, signo: number): Disposition {
  const status = readStatus(pid);
  const bit = 1n << BigInt(signo - 1);
  if (status !== undefined && (status.signalsCaught & bit) !== 0n) return 'caught';
  if (status !== undefined && (status.signalsIgnored & bit) !== 0n) return 'ignored';
  if (IGNORED_BY_DEFAULT.has(signo)) return 'ignored';
  return STOP_SIGNALS.has(signo) ? 'stops' : 'ends';
}

/** What select(2) leaves behind when its time is up. */
function emptySets({ target }: TracedProcess, { registers }: Thread): void {
  const sizeBytes = Math.ceil(Math.max(registers.getIntArgument(0), 0) / 64) * 8;
  for (const argument of [1, 2, 3]) {
    const address = registers.getArgument(argument);
    if (address !== 0 && sizeBytes > 0) target.write(address, Buffer.alloc(sizeBytes));
  }
}
