/**
 * pidfd_open(2) and pidfd_getfd(2).
 *
 * @see https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html
 */
import { constants } from 'node:os';
import { close } from './file.ts';
import { declare, errnoNow, failed, toNumber } from './libc.ts';

const { ESRCH } = constants.errno;

const SYS_pidfd_open = 434;
const SYS_pidfd_getfd = 438;
const PIDFD_THREAD = 0x80;

const syscall = declare('long syscall(long, long, long, long)');

/**
 * `int pidfd_open(pid_t pid, flags)`: a descriptor, close-on-exec; of a thread where `pid` is not
 * its process's first (since Linux 6.9). Throws SyscallError.
 */
export function pidfdOpen(pid: number): number {
  let fd = toNumber(syscall(SYS_pidfd_open, pid, 0, 0));
  if (fd < 0) fd = toNumber(syscall(SYS_pidfd_open, pid, PIDFD_THREAD, 0));
  if (fd < 0) throw failed('pidfd_open', { tid: pid });
  return fd;
}

/** `int pidfd_open(pid_t pid, flags)` with just these flags: a descriptor, or minus errno. */
export function pidfdOpenAs(pid: number, flags: number): number {
  const fd = toNumber(syscall(SYS_pidfd_open, pid, flags, 0));
  return fd < 0 ? -errnoNow() : fd;
}

/** `int pidfd_getfd(int pidfd, int fd, 0)`: our copy of the process's descriptor, or -errno. */
export function pidfdGetfd(pidfd: number, fd: number): number {
  const copy = toNumber(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
  return copy < 0 ? -errnoNow() : copy;
}

/** Of the thread that was asked last: mostly it is asked again. It holds nothing of that one. */
const asked = { tid: 0, pidfd: -1 };

/** Our copy of descriptor `fd` of the thread's, or -errno. Throws SyscallError when it is gone. */
export function getDescriptor(tid: number, fd: number): number {
  if (asked.tid === tid) {
    const copy = pidfdGetfd(asked.pidfd, fd);
    // Another one has that number by now, or none.
    if (copy !== -ESRCH) return copy;
  }
  const pidfd = pidfdOpen(tid);
  if (asked.pidfd >= 0) close(asked.pidfd);
  asked.tid = tid;
  asked.pidfd = pidfd;
  return pidfdGetfd(pidfd, fd);
}
