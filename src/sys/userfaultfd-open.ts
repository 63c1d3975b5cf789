/**
 * userfaultfd(2) itself, for ourselves.
 *
 * @see https://man7.org/linux/man-pages/man2/userfaultfd.2.html
 */
import { declare, errnoNow, toNumber } from './libc.ts';
import { UFFD_USER_MODE_ONLY } from './userfaultfd.ts';

const SYS_userfaultfd = 323;
const O_CLOEXEC = 0o2000000;

const syscall = declare('long syscall(long, long)');

/** `int userfaultfd(UFFD_USER_MODE_ONLY | O_CLOEXEC)`: a descriptor, or minus errno. */
export function userfaultfdUserModeOnly(): number {
  const fd = toNumber(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY | O_CLOEXEC));
  return fd < 0 ? -errnoNow() : fd;
}
