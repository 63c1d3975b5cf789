/**
 * Faults that are normal work: Go's nil checks, the safepoints of a JVM, SBCL's write barrier.
 *
 * Under `--on auto` a program that has a handler for the signal, and did not make the newest point
 * itself, has the first try. The thread is then followed from call to call, and the handler has
 *
 *   coped       it returned (rt_sigreturn), left by a jump to a frame above, or exits with 0
 *   not coped   it exits with another status, or falls again and again: the process goes back
 *
 * A program that makes its own points has said what is to happen when it falls: it is never asked.
 */
import { readFileSync } from 'node:fs';
import { SIGNAL_FRAME } from '../arch/x64/registers.ts';
import { SYS } from '../arch/x64/syscalls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { CAUSE, type Why } from '../engine/why.ts';
import { parseStatus } from '../procfs/status.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';
import type { Handling, Thread } from '../tracee/thread.ts';
import { signalName } from './program.ts';

/** Chosen: a handler that makes more calls has long become the program's way of life. */
const CALLS_MAX = 10_000;
/** Chosen: what takes longer has become the program's way of life, too. */
const HANDLING_MAX_MS = 1000;
/** Chosen: a handler that falls in its handler that falls ... does not cope. */
const DEPTH_MAX = 16;
/** Chosen: a handler that has used more of its stack when it makes its first call is not found. */
const STACK_MAX_BYTES = 256 * 1024;

/** Whether the program's own handler is to have the first try at the fault. */
export function hasFirstTry(process_: TracedProcess, thread: Thread, signo: number): boolean {
  const { handling } = thread;
  if (handling !== undefined && hasLeft(thread, handling)) thread.handling = undefined;
  if ((thread.handling?.depth ?? 0) >= DEPTH_MAX) return false;
  const [newest] = process_.points.newestFirst();
  return newest !== undefined && newest.origin !== 'program' && isCaught(process_.pid, signo);
}

/** Follow the thread through its handler; what the log says of it, once. */
export function beginHandling(thread: Thread, why: Why): string {
  const { signo = 0, code = 0, ip = 0n, address = 0n } = why;
  if (thread.handling !== undefined) thread.handling.depth += 1;
  else {
    const stackPointer = thread.registers.get('rsp');
    const sinceMs = performance.now();
    const fault = { signo, code, ip, address, stackPointer };
    thread.handling = { ...fault, frame: 0, depth: 1, calls: 0, sinceMs };
  }
  const name = signalName(signo);
  const advice = `'--on' without ${name.slice(3)} leaves it to that`;
  return `${name} is given to the program's own handler first; ${advice}`;
}

/** A thread is in the middle of a fault: a point made now would be one to fall on. */
export function isHandling({ group }: TracedProcess): boolean {
  for (const { handling } of group.threads.values()) {
    if (handling === undefined) continue;
    if (performance.now() - handling.sinceMs < HANDLING_MAX_MS) return true;
  }
  return false;
}

/** The thread is at a system call's entry or exit: the fault that it did not cope with. */
export function followHandling(target: TargetMemory, thread: Thread): Why | undefined {
  const { handling, registers } = thread;
  if (handling === undefined || !thread.isAtSyscallEntry || !thread.fetchRegisters()) {
    return undefined;
  }
  const call = registers.getInt('orig_rax');
  handling.calls += 1;
  if (call === SYS.rt_sigreturn) handling.depth -= 1;
  if (handling.frame === 0) handling.frame = findFrame(target, thread, handling);
  const isOver = handling.depth === 0 || hasLeft(thread, handling);
  const isFailure = call === SYS.exit_group && registers.getInt('rdi') !== 0;
  if (!isOver && isFailure && findFrame(target, thread, handling) !== 0) {
    const { signo, code, ip, address } = handling;
    return { cause: CAUSE.signal, signo, code, ip, address, tid: thread.tid };
  }
  if (isOver || handling.calls > CALLS_MAX) thread.handling = undefined;
  return undefined;
}

/** By a jump, siglongjmp(3) or so: its stack is above the handler's frame, or is another one. */
function hasLeft({ registers }: Thread, { frame, stackPointer }: Handling): boolean {
  const now = registers.get('rsp');
  return frame === 0 ? now >= stackPointer : now > frame || now < frame - STACK_MAX_BYTES;
}

/** The handler's frame above the stack pointer, by the registers saved in it; 0: there is none. */
function findFrame(target: TargetMemory, { registers }: Thread, handling: Handling): number {
  const from = registers.get('rsp');
  const bytes = target.read(from, STACK_MAX_BYTES);
  for (let at = SIGNAL_FRAME.sp; at + 16 <= bytes.length; at += 8) {
    const isFrame =
      bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32 === handling.stackPointer &&
      bytes.readBigUInt64LE(at + 8) === handling.ip;
    if (isFrame) return from + at - SIGNAL_FRAME.sp;
  }
  return 0;
}

function isCaught(pid: number, signo: number): boolean {
  const status = parseStatus(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return status !== undefined && (status.signalsCaught & (1n << BigInt(signo - 1))) !== 0n;
}
