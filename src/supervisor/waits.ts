/**
 * Calls that wait for a limited time, over stops that we caused.
 *
 * The kernel answers EINTR for some of them after every stop, and knows nothing of the time that
 * has passed. They are made again, with their whole limit; but the thread is then followed to the
 * end of the call, and a stop that finds its limit passed ends the call as the kernel would have.
 * So a call is never early, and late by no more than the interval of the stops (or, after a single
 * stop, by as much as it had waited before).
 *
 *   stop finds EINTR ─▶ waiting ── entry of the call made again ── exit ─▶ done
 *                          ▲                                        │ EINTR, and a stop of ours
 *                          └────────────────────────────────────────┘
 */
import { TIMED_CALLS, type TimedCall } from '../arch/x64/timed-calls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { close } from '../sys/file.ts';
import { getSocketTimeoutMs, SO_RCVTIMEO, SO_SNDTIMEO } from '../sys/getsockopt.ts';
import { pidfdGetfd } from '../sys/pidfd.ts';
import type { Thread } from '../tracee/thread.ts';

const TIMESPEC_SIZE = 16;

/** A stop of ours is over: let a call that answered EINTR for it alone go on waiting. */
export function resumeInterrupted(process_: TracedProcess | undefined, thread: Thread): void {
  if (thread.fetchRegisters() && thread.registers.isStoppedWithoutRestart()) {
    goOnWaiting(process_, thread);
    thread.storeRegisters();
  }
  thread.resume();
}

/** The followed thread enters or leaves its call. */
export function resumeFollowed(process_: TracedProcess | undefined, thread: Thread): void {
  if (thread.isAtSyscallEntry) {
    thread.resume();
    return;
  }
  if (thread.fetchRegisters() && thread.registers.isStoppedWithoutRestart()) {
    goOnWaiting(process_, thread);
    thread.storeRegisters();
    // Only behind a signal or an interrupt does the kernel look whether a call is to be made again.
    if (thread.waitsUntil !== undefined) thread.interrupt();
  } else thread.waitsUntil = undefined;
  thread.resume();
}

function goOnWaiting(process_: TracedProcess | undefined, thread: Thread): void {
  const { registers } = thread;
  const call = TIMED_CALLS.get(registers.getInt('orig_rax'));
  const now = performance.now();
  if (call !== undefined && thread.waitsUntil !== undefined && now >= thread.waitsUntil) {
    thread.waitsUntil = undefined;
    registers.finishSyscall(call.answer);
    return;
  }
  if (call !== undefined && thread.waitsUntil === undefined && process_ !== undefined) {
    const limitMs = readLimitMs(process_, thread, call);
    if (limitMs > 0) thread.waitsUntil = now + limitMs;
  }
  registers.setRestartUnlessHandled();
}

/** How long the call may wait; 0: without a limit. */
function readLimitMs(process_: TracedProcess, thread: Thread, call: TimedCall): number {
  const { registers } = thread;
  if (call.limit === 'milliseconds') return Math.max(registers.getInt(call.register), 0);
  const value = registers.get(call.register);
  if (call.limit === 'timespec') {
    if (value === 0) return 0;
    const bytes = process_.target.read(value, TIMESPEC_SIZE);
    if (bytes.length < TIMESPEC_SIZE) return 0;
    return Number(bytes.readBigInt64LE(0)) * 1000 + Number(bytes.readBigInt64LE(8)) / 1e6;
  }
  const pidfd = process_.resources?.pidfd;
  const fd = pidfd === undefined ? -1 : pidfdGetfd(pidfd, registers.getInt(call.register));
  if (fd < 0) return 0;
  const option = call.limit === 'receive-option' ? SO_RCVTIMEO : SO_SNDTIMEO;
  const limitMs = getSocketTimeoutMs(fd, option);
  close(fd);
  return limitMs;
}
