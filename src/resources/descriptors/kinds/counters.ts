/**
 * Counters of eventfd(2), by which event loops wake each other. What has been taken off since the
 * point is there again: the program that goes back has yet to see it. What came since stays, like
 * signals: whoever sent it may know nothing of a rollback, and one event too many is looked into.
 */
import { writeSync } from 'node:fs';
import { close } from '../../../sys/file.ts';
import { getDescriptor } from '../../../sys/pidfd.ts';
import type { DescriptorImage } from '../descriptor-image.ts';
import type { AnonymousKind } from './kind.ts';

const EVENTFD = 'anon_inode:[eventfd]';
const COUNT = /^eventfd-count:\s*([0-9a-f]+)$/m;

export const counters: AnonymousKind = {
  has: (link) => link === EVENTFD,
  settle: ({ stopped, image, present }) =>
    giveBackCount(stopped.living, image, present)
      ? undefined
      : `what was taken off eventfd ${image.fd} since is not there again`,
};

/** Give back what is missing, through a descriptor of ours; false when that is refused. */
function giveBackCount(tid: number, image: DescriptorImage, now: DescriptorImage): boolean {
  const missing = countOf(image) - countOf(now);
  if (missing <= 0n) return true;
  let fd = -1;
  try {
    fd = getDescriptor(tid, image.fd);
    if (fd < 0) return false;
    const bytes = new BigUint64Array([missing]);
    return writeSync(fd, bytes) === bytes.byteLength;
  } catch {
    return false;
  } finally {
    if (fd >= 0) close(fd);
  }
}

function countOf({ content }: DescriptorImage): bigint {
  const count = COUNT.exec(Buffer.from(content ?? []).toString('latin1'))?.[1];
  return count === undefined ? 0n : BigInt(`0x${count}`);
}
