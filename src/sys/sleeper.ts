/**
 * A process that does nothing, and ends with this one, whatever that dies of: posix_spawn(3) of a
 * shell that reads a pipe, which ends when we do, since nobody else has its other end.
 *
 * PTRACE_O_EXITKILL alone does not do: it is set some time after the process was begun.
 */
import { openPipe } from './pipe.ts';
import { posixSpawn } from './process.ts';

let readEnd: number | undefined;

/** Answers its pid. */
export function startSleeper(): number {
  // The other end is never written to, and closed by nobody but the kernel.
  readEnd ??= openPipe().readEnd;
  return posixSpawn('/bin/sh', ['sh', '-c', 'read -r nothing'], readEnd);
}
