/**
 * How the tracer learns that its I/O worker has ended, whatever it died of.
 *
 * Nearly always the tracer is blocked in waitpid(2), where no event of Node's reaches it. So the
 * worker traces a process that only sleeps, a child of the supervisor: when the worker's thread
 * ends the kernel ends that one, and the end of a child ends the tracer's wait.
 */
import { ptraceSeizeForLife } from '../sys/ptrace.ts';
import { startSleeper } from '../sys/sleeper.ts';

/** By the tracer: a process that sleeps. Answers its pid. */
export function startCanary(): number {
  return startSleeper();
}

/** By the worker: from now on the canary ends with this thread. */
export function watchOver(canaryPid: number): void {
  const errno = ptraceSeizeForLife(canaryPid);
  if (errno !== 0) throw new RangeError(`cannot trace the canary: errno ${errno}`);
}
