/**
 * Faults that are normal work: Go's nil checks, the safepoints of a JVM, SBCL's write barrier.
 *
 * Under `--on auto` a program that has a handler for the signal, and did not make the newest point
 * itself, has the first try. The thread is then followed from call to call, and the handler has
 *
 *   coped       it returned (rt_sigreturn), was left by a jump, or exits with 0
 *   not coped   it exits with another status, or falls again and again: the process goes back
 *
 * Only while it surely runs has it not coped: what a program does when its handler is behind it, or
 * has become its way of life, is the program's own affair, and so is the status that it ends with.
 *
 * At a place where it has coped some times, faults are passed on and not followed: usual-faults.ts.
 * A program that makes its own points has said what is to happen when it falls: it is never asked.
 */
import { SYS } from '../arch/x64/syscalls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { CAUSE, type Why } from '../engine/why.ts';
import type { Handling } from '../tracee/handling.ts';
import type { Thread } from '../tracee/thread.ts';
import { isInHandler } from './handler-frame.ts';
import { signalName } from './program.ts';
import type { Supervision } from './supervision.ts';

/** Chosen: a handler that makes more calls has long become the program's way of life. */
const CALLS_MAX = 10_000;
/** Chosen: what takes longer has become the program's way of life, too. */
const HANDLING_MAX_MS = 1000;
/** Chosen: a handler that falls in its handler that falls ... does not cope. */
const DEPTH_MAX = 16;

/** The program's own handler has the first try at the fault, if it is to have it. */
export function givesToHandler(
  supervisor: Supervision,
  process_: TracedProcess,
  thread: Thread,
  why: Why,
): boolean {
  const how = decideFirstTry(process_, thread, why);
  if (how === 'no') return false;
  if (how === 'followed') {
    beginHandling(thread, why);
    supervisor.warn(process_, describeFirstTry(why));
  }
  thread.resume(why.signo);
  return true;
}

/** `usual`: it has the first try, and need not be followed. */
function decideFirstTry(
  process_: TracedProcess,
  thread: Thread,
  why: Why,
): 'no' | 'followed' | 'usual' {
  dropThoseLeft(process_, thread);
  if ((thread.handling?.depth ?? 0) >= DEPTH_MAX) return 'no';
  const [newest] = process_.points.newestFirst();
  if (newest === undefined || newest.origin === 'program') return 'no';
  const { signo = 0, code = 0 } = why;
  if (!process_.caught.has(signo)) return 'no';
  // A signal that was sent says nothing of the place.
  const isUsual = thread.handling === undefined && code > 0;
  return isUsual && process_.usualFaults.takes(placeOf(why)) ? 'usual' : 'followed';
}

/** Follow the thread through its handler. */
function beginHandling(thread: Thread, why: Why): void {
  const { signo = 0, code = 0, ip = 0n, address = 0n } = why;
  const stackPointer = thread.registers.get('rsp');
  const outer = thread.handling;
  const depth = (outer?.depth ?? 0) + 1;
  const sinceMs = performance.now();
  const fault = { signo, code, ip, address, stackPointer };
  thread.handling = { ...fault, frame: undefined, outer, depth, calls: 0, sinceMs };
}

/** What the log says of it, once. */
function describeFirstTry({ signo = 0 }: Why): string {
  const name = signalName(signo);
  const advice = `'--on' without ${name.slice(3)} leaves it to that`;
  return `${name} is given to the program's own handler first; ${advice}`;
}

/** A thread is in the middle of a fault: a point made now would be one to fall on. */
export function isHandling({ group }: TracedProcess): boolean {
  for (const { handling } of group.threads.values()) {
    if (handling !== undefined && !isWayOfLife(handling)) return true;
  }
  return false;
}

/** The thread is at a system call's entry or exit: the fault that it did not cope with. */
export function followHandling(process_: TracedProcess, thread: Thread): Why | undefined {
  const { handling, registers } = thread;
  if (handling === undefined || !thread.isAtSyscallEntry || !thread.fetchRegisters()) {
    return undefined;
  }
  handling.calls += 1;
  const call = registers.getInt('orig_rax');
  if (call === SYS.rt_sigreturn) leaveHandler(process_, thread, handling);
  else dropThoseLeft(process_, thread);
  if (call !== SYS.exit_group || (registers.getInt('rdi') & 0xff) === 0) return undefined;
  return failedFault(process_, thread);
}

/** Handlers that do not surely run any more. */
function dropThoseLeft(process_: TracedProcess, thread: Thread): void {
  for (let { handling } = thread; handling !== undefined; { handling } = thread) {
    if (isWayOfLife(handling)) thread.handling = undefined;
    else if (isInHandler(process_.target, thread, handling)) return;
    else leaveHandler(process_, thread, handling);
  }
}

function leaveHandler(process_: TracedProcess, thread: Thread, handling: Handling): void {
  thread.handling = handling.outer;
  process_.usualFaults.coped(placeOf(handling));
}

/** What the process falls of: of all the faults that are being handled the first. */
function failedFault(process_: TracedProcess, thread: Thread): Why | undefined {
  let first: Handling | undefined;
  for (let at = thread.handling; at !== undefined; at = at.outer) {
    process_.usualFaults.failed(placeOf(at));
    first = at;
  }
  if (first === undefined) return undefined;
  const { signo, code, ip, address } = first;
  return { cause: CAUSE.signal, signo, code, ip, address, tid: thread.tid };
}

function isWayOfLife({ calls, sinceMs }: Handling): boolean {
  return calls > CALLS_MAX || performance.now() - sinceMs > HANDLING_MAX_MS;
}

/** Not the address: a barrier falls at one instruction for many of them. */
function placeOf({ signo = 0, code = 0, ip = 0n }: Why | Handling): string {
  return `${signo}/${code}/${ip}`;
}
