/**
 * seccomp(2) on ourselves, with the prctl(2) that an ordinary user needs first.
 *
 * @see https://man7.org/linux/man-pages/man2/seccomp.2.html
 */
import { declare, errnoNow, toNumber } from './libc.ts';
import { PR_SET_NO_NEW_PRIVS } from './prctl.ts';

const SYS_seccomp = 317;
const SECCOMP_SET_MODE_FILTER = 1;

const prctl = declare('int prctl(int, ulong, ulong, ulong, ulong)');
const syscall = declare('long syscall(long, ulong, ulong, uint64_t)');

/** `prctl(PR_SET_NO_NEW_PRIVS, 1)`, for good: 0, or the positive errno. */
export function prctlSetNoNewPrivs(): number {
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0 ? 0 : errnoNow();
}

/** `seccomp(SECCOMP_SET_MODE_FILTER, 0, &sock_fprog)`, for good: 0, or the positive errno. */
export function seccompSetModeFilter(programAddress: number): number {
  const result = toNumber(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, programAddress));
  return result === 0 ? 0 : errnoNow();
}
