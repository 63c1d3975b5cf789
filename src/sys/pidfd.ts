/**
 * pidfd_open(2) and pidfd_getfd(2).
 *
 * @see https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html
 */
import { declare, errnoNow, failed, toNumber } from './libc.ts';

const SYS_pidfd_open = 434;
const SYS_pidfd_getfd = 438;

const syscall = declare('long syscall(long, long, long, long)');

/** `int pidfd_open(pid_t pid, 0)`: a descriptor, close-on-exec. Throws SyscallError. */
export function pidfdOpen(pid: number): number {
  const fd = toNumber(syscall(SYS_pidfd_open, pid, 0, 0));
  if (fd < 0) throw failed('pidfd_open', { tid: pid });
  return fd;
}

/** `int pidfd_getfd(int pidfd, int fd, 0)`: our copy of the process's descriptor, or -errno. */
export function pidfdGetfd(pidfd: number, fd: number): number {
  const copy = toNumber(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
  return copy < 0 ? -errnoNow() : copy;
}
