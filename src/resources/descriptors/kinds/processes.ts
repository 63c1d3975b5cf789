/**
 * Descriptors of processes, pidfd_open(2): one that was closed is made anew if its process is still
 * the same, which its inode tells (since Linux 6.9). They hold nothing that changes.
 */
import { constants } from 'node:os';
import { close } from '../../../sys/file.ts';
import { pidfdOpenAs } from '../../../sys/pidfd.ts';
import { statKnown } from '../../../sys/statx.ts';
import type { DescriptorImage } from '../descriptor-image.ts';
import type { AnonymousKind } from './kind.ts';

const { ESRCH } = constants.errno;
const PIDFD = 'anon_inode:[pidfd]';
const PID = /^Pid:\s*(\d+)$/m;
/** PIDFD_THREAD, as it is shown. */
const O_EXCL = 0o200;

export const processes: AnonymousKind = {
  has: (link) => link === PIDFD,
  make: (image) => {
    const pid = Number(PID.exec(Buffer.from(image.content ?? []).toString('latin1'))?.[1] ?? 0);
    if (pid === 0) return -ESRCH;
    const fd = pidfdOpenAs(pid, image.flags & O_EXCL);
    if (fd < 0 || isOf(fd, image)) return fd;
    close(fd);
    return -ESRCH;
  },
  settle: () => undefined,
};

/** Before 6.9 all have one inode, and that of ours tells so. */
function isOf(fd: number, { inode }: DescriptorImage): boolean {
  const own = pidfdOpenAs(process.pid, 0);
  const inodes = [fd, own].map((each) => (each < 0 ? undefined : statKnown(each)?.ino));
  if (own >= 0) close(own);
  return inodes[0] === inode && inodes[1] !== inode;
}
