/**
 * waitpid(2) for tracees, and the integer it gives as a closed set of named stops.
 *
 * @see https://man7.org/linux/man-pages/man2/waitpid.2.html
 */
import { underAlarm } from './itimer.ts';
import { declare, errnoNow, failed, NativeBuffer, toNumber } from './libc.ts';

const __WALL = 0x40000000;
const WNOHANG = 1;
const EINTR = 4;
const ECHILD = 10;

const waitpidCall = declare('int waitpid(int, uint64_t, int)');
const status = new NativeBuffer(8);

/**
 * `pid_t waitpid(-1, &status, __WALL)`: the tid; 0: nothing is left to wait for; -1: a signal to us
 * (the alarm) came first. Blocks.
 */
export function waitpidAny(): number {
  return underAlarm(waitpidOnce, -1);
}

/** The same without waiting; undefined: nothing has come. */
export function waitpidAnyNow(): number | undefined {
  const tid = toNumber(waitpidCall(-1, status.address, __WALL | WNOHANG));
  if (tid > 0) return tid;
  return tid < 0 && errnoNow() === ECHILD ? 0 : undefined;
}

/** `pid_t waitpid(tid, &status, __WALL)`: the tid; 0: there is no such tracee. Blocks. */
export function waitpidThread(pid: number): number {
  for (;;) {
    const tid = underAlarm(waitpidOnce, pid);
    if (tid >= 0) return tid;
  }
}

/** The same without waiting: the tid; 0: nothing has come; -1: there is no such tracee. */
export function waitpidThreadNow(tid: number): number {
  return toNumber(waitpidCall(tid, status.address, __WALL | WNOHANG));
}

function waitpidOnce(pid: number): number {
  const tid = toNumber(waitpidCall(pid, status.address, __WALL));
  if (tid >= 0) return tid;
  const errno = errnoNow();
  if (errno === ECHILD) return 0;
  if (errno !== EINTR) throw failed('waitpid');
  return -1;
}

/** The status of the last successful wait. */
export function lastStatus(): number {
  return status.words[0] ?? 0;
}

const SIGTRAP = 5;
const PTRACE_EVENT_STOP = 128;

const EVENTS = ['', 'fork', 'vfork', 'clone', 'exec', 'vfork-done', 'exit', 'seccomp'] as const;

/** What a tracee's wait status says, as ptrace(2) names it. */
export type Stop =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signo: number; readonly core: boolean }
  | { readonly kind: 'signal'; readonly signo: number }
  | { readonly kind: 'group-stop'; readonly signo: number }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'syscall' }
  | { readonly kind: 'fork' | 'vfork' | 'clone' | 'exec' | 'vfork-done' | 'exit' | 'seccomp' };

const INTERRUPT: Stop = { kind: 'interrupt' };
const SYSCALL: Stop = { kind: 'syscall' };
const EVENT_STOPS = EVENTS.map((kind) => ({ kind }) as Stop);

export function parseWaitStatus(value: number): Stop {
  if ((value & 0x7f) === 0) return { kind: 'exited', code: (value >> 8) & 0xff };
  if ((value & 0xff) !== 0x7f) {
    return { kind: 'killed', signo: value & 0x7f, core: (value & 0x80) !== 0 };
  }
  const signo = (value >> 8) & 0xff;
  const event = value >>> 16;
  if (event === PTRACE_EVENT_STOP) {
    return signo === SIGTRAP ? INTERRUPT : { kind: 'group-stop', signo };
  }
  if (event !== 0) {
    const stop = EVENT_STOPS[event];
    if (stop !== undefined) return stop;
  }
  if (signo === (SIGTRAP | 0x80)) return SYSCALL;
  return { kind: 'signal', signo };
}
