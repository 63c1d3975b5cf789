/**
 * Lets processes go, as if belay had never been there. Each thread is left in the state it is in:
 *
 *   at a call that we answer, or at its entry   the call is made, and the kernel answers it
 *   in a call that our stop broke off           the call is made again, with its whole limit
 *   in a transfer that is done in part          the part is the answer
 *   about to take a signal                      it takes it, with its siginfo
 *   in a group stop                             it stays in it: the kernel sees to that
 */
import { endImages } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import { sendDeferredAgain } from '../tracee/hand-over.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Program } from './program.ts';
import { endTransfer } from './transfers.ts';
import { isBrokenOff, leaveCall, readDisposition, tellRemainder } from './waits.ts';

/** Chosen: each takes a fifth of a second at most when a thread does not stop. */
const HOLDS_MAX = 5;

export interface Letting {
  readonly pump: EventPump;
  readonly program: Program;
}

/** Let every process go. Who cannot be stopped is let go by our end. */
export function letAllGo(supervisor: Letting): void {
  for (const process_ of [...supervisor.program.processes.values()]) {
    const { group } = process_;
    // An exec breaks a hold off, and is over then.
    for (let tries = 0; tries < HOLDS_MAX && group.threads.size > 0; tries += 1) {
      if (supervisor.pump.hold(group, true) === 'held') break;
    }
    letHeldGo(supervisor, process_);
  }
}

/** Let one go: its threads that are not stopped, or born meanwhile, as soon as they stop. */
export function letGo(supervisor: Letting, process_: TracedProcess): void {
  supervisor.pump.hold(process_.group);
  letHeldGo(supervisor, process_);
}

/** The same of one that is held, or that could not be. */
export function letHeldGo({ pump, program }: Letting, process_: TracedProcess): void {
  const { group } = process_;
  group.isHeld = false;
  group.isLeaving = true;
  process_.resources?.abandonWork();
  if (group.threads.size > 0 && group.isStill()) endImages(process_);
  pump.images.end(group, undefined);
  if (program.processes.get(process_.pid) === process_) program.processes.delete(process_.pid);
  for (const thread of [...group.threads.values()]) {
    if (thread.isStopped) letThreadGo(pump, thread, process_);
  }
  process_.reset();
}

/** It is stopped, and runs on untraced. `process_`: undefined once that is forgotten. */
export function letThreadGo(pump: EventPump, thread: Thread, process_?: TracedProcess): void {
  const isInNothing = thread.isNewborn && thread.stop?.kind === 'interrupt';
  pump.detach(thread, isInNothing ? 0 : settle(pump, thread, process_));
}

/** What the thread goes on with; the signal that it is handed, or 0. */
function settle(pump: EventPump, thread: Thread, process_: TracedProcess | undefined): number {
  const { stop } = thread.assertStopped();
  sendDeferredAgain(thread);
  if (!thread.fetchRegisters()) return 0;
  if (stop.kind === 'signal') return settleSignalled(pump, thread, stop.signo, process_);
  if (thread.transfer !== undefined) {
    endTransfer(thread);
    thread.storeRegisters();
    if (stop.kind === 'syscall' && !thread.isAtSyscallEntry) enterCallAgain(thread);
  } else if (stop.kind === 'interrupt') makeCallAgain(pump, thread);
  else if (stop.kind === 'group-stop') leaveCall(thread, true);
  else if (stop.kind === 'syscall' && thread.isAtSyscallEntry) makeCallAnew(thread);
  else if (stop.kind === 'syscall') enterCallAgain(thread);
  return 0;
}

/** As of a thread that goes on traced, but that the call is made again without us. */
function settleSignalled(
  pump: EventPump,
  thread: Thread,
  signo: number,
  process_: TracedProcess | undefined,
): number {
  if (process_ === undefined || !isBrokenOff(process_, thread)) return signo;
  const disposition = readDisposition(process_.pid, signo);
  if (disposition === 'ignored' && thread.transfer === undefined) {
    makeCallAgain(pump, thread);
    return 0;
  }
  if (disposition === 'caught') tellRemainder(process_, thread);
  leaveCall(thread, disposition === 'stops');
  return signo;
}

/** The call that our stop broke off: as it would have gone on without us, if later. */
function makeCallAgain(pump: EventPump, thread: Thread): void {
  const { registers } = thread;
  if (!registers.isStoppedWithoutRestart() && !pump.confinement.mayForbidRestart(thread)) return;
  registers.setRestartUnlessHandled(thread.wayBack.hiddenCall(registers));
  thread.storeRegisters();
}

/**
 * To be let go wakes a thread as a signal does. At the entry of a call that would break it off, and
 * is forgotten on the way to user mode: so this call is skipped, and made from there.
 */
function makeCallAnew(thread: Thread): void {
  thread.registers.rewindSyscall();
  thread.storeRegisters();
}

/** At the exit of a call the kernel does not look whether it is to be made again: it is entered. */
function enterCallAgain(thread: Thread): void {
  const { registers } = thread;
  if (!registers.isInterruptedSyscall()) return;
  registers.rewindSyscall(thread.wayBack.hiddenCall(registers));
  thread.storeRegisters();
}
