/**
 * A signal that the program handles has come to a thread that a stop of ours had broken off in a
 * call before.
 *
 * Without us the thread is in its call when the signal comes, and the kernel looks whether what it
 * waits for is there before it looks for signals: a child's end and its SIGCHLD, a byte and a
 * signal right behind it, give the child and the byte, never EINTR. During our stop both come, and
 * the kernel then sees the signal alone. So the stopped thread makes the call once more, told to
 * wait for nothing; what that answers is the answer, and the handler runs behind it as ever.
 *
 * Source: kernel/exit.c, do_wait; include/linux/wait.h, ___wait_event.
 */
import { isBrokenOffAgain, mayBeMadeAtOnce } from '../arch/x64/last-look.ts';
import { ARGUMENT_REGISTERS } from '../arch/x64/registers.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { BelayError } from '../errors.ts';
import type { Thread } from '../tracee/thread.ts';

/** Whether calls were made: the process is held then, and to be let go. */
export function takeLastLook(process_: TracedProcess, thread: Thread, signo: number): boolean {
  const { wayBack, registers } = thread;
  const { isHeldUp } = wayBack;
  wayBack.isHeldUp = false;
  if (!isHeldUp || thread.transfer !== undefined || !thread.fetchRegisters()) return false;
  const call = registers.isRestartSyscall() ? wayBack.restartedCall : registers.getCall();
  if (call === undefined || !mayBeMadeAtOnce(registers, call)) return false;
  if (!process_.caught.has(signo)) return false;
  // Who answers the calls of a confined thread is not known: perhaps it is not the kernel.
  if (process_.stopped.pump.confinement.hasOwnFilters(thread)) return false;
  process_.group.isHeld = true;
  const answer = makeAtOnce(process_, thread, call);
  if (answer === undefined || isBrokenOffAgain(answer)) return true;
  if (!thread.isStopped || !thread.fetchRegisters()) return true;
  registers.finishSyscall(answer);
  thread.storeRegisters();
  thread.waitsUntil = undefined;
  return true;
}

/** The answer; undefined: there is none, or nobody who could have it. */
function makeAtOnce({ stopped }: TracedProcess, thread: Thread, call: number): number | undefined {
  const values = ARGUMENT_REGISTERS.map((name) => thread.registers.get(name));
  let answer: number | undefined;
  try {
    stopped.withCallsOf(thread, (remote) => {
      answer = remote().calls.callAtOnce(call, ...values);
    });
  } catch (error) {
    if (!(error instanceof BelayError)) throw error;
  }
  return answer;
}
