/**
 * The thread that a tracee tells of where it is stopped for having made it.
 *
 * SIGKILL takes a tracee out of its stop at any moment, and the next one, for its end, has another
 * message: its exit status, a small number that may be some process's id. Which stop it is in is
 * told by its siginfo; asked for behind the message, that says whose message it was.
 *
 * Source: kernel/signal.c, ptrace_do_notify; include/linux/ptrace.h, ptrace_event.
 */
import { NativeBuffer } from '../sys/libc.ts';
import { ptraceGeteventmsg, ptraceGetsiginfo, SIGINFO_SIZE } from '../sys/ptrace.ts';
import { parseWaitStatus } from '../sys/wait.ts';

export type BirthKind = 'clone' | 'fork' | 'vfork';

const SIGINFO_CODE = 2;
/** The lower part of a wait status: stopped. */
const STOPPED = 0x7f;

const siginfo = new NativeBuffer(SIGINFO_SIZE);

/** Undefined: it was killed, and can tell no more. */
export function fetchNewTid(parent: number, kind: BirthKind): number | undefined {
  const tid = ptraceGeteventmsg(parent);
  if (tid <= 0 || ptraceGetsiginfo(parent, siginfo.address) !== 0) return undefined;
  // The code is the upper part of the wait status that tells of the stop.
  const code = siginfo.words[SIGINFO_CODE] ?? 0;
  return parseWaitStatus(code * 0x100 + STOPPED).kind === kind ? tid : undefined;
}
