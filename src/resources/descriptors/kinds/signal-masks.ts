/**
 * Which signals a signalfd(2) takes: part of the open file, and changed by a call that names it.
 *
 * Source: signalfd(2), proc_pid_fdinfo(5).
 */
import { constants } from 'node:os';
import { SYS } from '../../../arch/x64/syscalls.ts';
import { signalfd } from '../../../sys/signalfd.ts';
import type { RemoteSource } from '../../../tracee/remote-session.ts';
import type { DescriptorImage } from '../descriptor-image.ts';
import type { AnonymousKind } from './kind.ts';

const { EINVAL } = constants.errno;
const SIGNALFD = 'anon_inode:[signalfd]';
const MASK = /^sigmask:\s*([0-9a-f]+)$/m;
const MASK_SIZE = 8;

export const signalMasks: AnonymousKind = {
  has: (link) => link === SIGNALFD,
  make: (image) => {
    const mask = maskOf(image);
    return mask === undefined ? -EINVAL : signalfd(mask);
  },
  settle: ({ stopped, image }) =>
    restoreMask(stopped.remote, image)
      ? undefined
      : `signalfd ${image.fd} takes the signals that it was told to since`,
};

/** Have it take the signals of the image; false when that is refused. */
function restoreMask(remote: RemoteSource, image: DescriptorImage): boolean {
  const mask = maskOf(image);
  if (mask === undefined) return false;
  const bytes = Buffer.alloc(MASK_SIZE);
  bytes.writeBigUInt64LE(mask);
  const { calls, scratch } = remote();
  return calls.call(SYS.signalfd4, image.fd, scratch.put(bytes), MASK_SIZE, 0) === image.fd;
}

function maskOf({ content }: DescriptorImage): bigint | undefined {
  const mask = MASK.exec(Buffer.from(content ?? []).toString('latin1'))?.[1];
  return mask === undefined ? undefined : BigInt(`0x${mask}`);
}
