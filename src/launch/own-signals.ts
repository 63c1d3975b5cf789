/**
 * Signals that ask a process to end or to stop: who sends them to all processes of a service, of a
 * group or of a user means the program, which sees to it itself. The supervisor ends when the
 * program has ended. Were it to end before, or in the middle of a call that the program makes for
 * it, the program would be killed over its own orderly end.
 *
 * What is begun later and only sleeps ignores them as well: signal(7), posix_spawn(3).
 */
import { constants } from 'node:os';
import { ignoreSignal } from '../sys/signal.ts';

const {
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGUSR1,
  SIGUSR2,
  SIGALRM,
  SIGTERM,
  SIGSTKFLT,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGVTALRM,
  SIGPROF,
  SIGIO,
  SIGPWR,
} = constants.signals;

const REQUESTS: readonly number[] = [
  ...[SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGSTKFLT],
  ...[SIGTSTP, SIGTTIN, SIGTTOU, SIGVTALRM, SIGPROF, SIGIO, SIGPWR],
];
/** The numbers before are libc's own. */
const REALTIME_FIRST = 34;
const REALTIME_LAST = 64;

export function ignoreRequestsToEnd(): void {
  for (const signo of REQUESTS) ignoreSignal(signo);
  for (let signo = REALTIME_FIRST; signo <= REALTIME_LAST; signo += 1) ignoreSignal(signo);
}
