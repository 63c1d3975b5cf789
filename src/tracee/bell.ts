/** The bell: a process that only sleeps, traced by us, so that a signal to it ends our wait. */
import { PTRACE_O_EXITKILL, ptraceSeize } from '../sys/ptrace.ts';
import { startSleeper } from '../sys/sleeper.ts';

/** Start the bell; it ends with us. Answers its pid. */
export function startBell(): number {
  const pid = startSleeper();
  const errno = ptraceSeize(pid, PTRACE_O_EXITKILL);
  if (errno !== 0) throw new RangeError(`cannot trace the bell: errno ${errno}`);
  return pid;
}
