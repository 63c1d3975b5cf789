/**
 * Counters of eventfd(2), by which event loops wake each other. What has been taken off since the
 * point is there again: the program that goes back has yet to see it.
 *
 * What came since is taken off where it came from the program itself, which goes back as a whole.
 * Where another process has the counter it stays, like a signal: whoever sent it may know nothing
 * of a rollback, and one event too many is looked into. So it does where the kernel counts: the
 * completion of a request that was made before the point must not be lost.
 *
 * Source: eventfd(2), proc_pid_fdinfo(5); fs/eventfd.c, eventfd_read.
 */
import { readFileSync, writeSync } from 'node:fs';
import { addToEventfd, eventfd, EFD_SEMAPHORE } from '../../../sys/eventfd.ts';
import { close, useAndClose } from '../../../sys/file.ts';
import { getDescriptor } from '../../../sys/pidfd.ts';
import { readAtOnce } from '../../../sys/vectored-io.ts';
import type { Stopped } from '../../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from '../descriptor-image.ts';
import { makeHolders } from '../holders.ts';
import type { AnonymousKind } from './kind.ts';

const EVENTFD = 'anon_inode:[eventfd]';
/** Told since Linux 6.5. */
const SEMAPHORE = /^eventfd-semaphore:\s*1$/m;
const COUNT = /^eventfd-count:\s*([0-9a-f]+)$/m;
const COUNT_SIZE = 8;
/** Rings, virtual machines and their devices: the kernel counts their completions. */
const COUNTED_BY_KERNEL = /^anon_inode:(\[io_uring\]|kvm-|\[vfio)|^\/dev\/(kvm|vhost|vfio)/;
/** What io_setup(2) maps. */
const REQUESTS = '/[aio]';
/** Chosen: of a semaphore each reading takes one. */
const READINGS_MAX = 65_536;

export const counters: AnonymousKind = {
  has: (link) => link === EVENTFD,
  make: (image) => {
    const fd = eventfd(isSemaphore(image) ? EFD_SEMAPHORE : 0);
    const count = countOf(image);
    if (fd < 0 || count === 0n) return fd;
    const result = addToEventfd(fd, count);
    if (result < 0) close(fd);
    return result < 0 ? result : fd;
  },
  settle: ({ stopped, image, wanted }) => {
    // Another number of it may have been settled already.
    const surplus = readCount(stopped.living, image.fd) - countOf(image);
    if (surplus < 0n) {
      return giveBack(stopped.living, image.fd, -surplus)
        ? undefined
        : `what was taken off eventfd ${image.fd} since is not there again`;
    }
    if (surplus === 0n) return undefined;
    const other = makeHolders(stopped).find(image);
    if (other !== undefined || isCountedByKernel(stopped, wanted)) return undefined;
    return takeOff(stopped.living, image.fd, countOf(image))
      ? undefined
      : `what came to eventfd ${image.fd} since is still there`;
  },
};

/** Through a descriptor of ours; false when that is refused. */
function giveBack(tid: number, fd: number, missing: bigint): boolean {
  try {
    const bytes = new BigUint64Array([missing]);
    return useAndClose(getDescriptor(tid, fd), (own) => writeSync(own, bytes)) === COUNT_SIZE;
  } catch {
    return false;
  }
}

/** Have it count no more than it did; false when that is refused. */
function takeOff(tid: number, fd: number, count: bigint): boolean {
  const read = (): bigint => readCount(tid, fd);
  try {
    useAndClose(getDescriptor(tid, fd), (own) => {
      for (let readings = 0; readings < READINGS_MAX && read() > count; readings += 1) {
        if (readAtOnce(own, COUNT_SIZE) !== COUNT_SIZE) return;
      }
    });
    const now = read();
    return now === count || (now < count && giveBack(tid, fd, count - now));
  } catch {
    return false;
  }
}

function readCount(tid: number, fd: number): bigint {
  return parseCount(readFileSync(`/proc/${tid}/fdinfo/${fd}`, 'latin1'));
}

function isCountedByKernel({ living }: Stopped, wanted: DescriptorsImage): boolean {
  if (wanted.some(({ link }) => COUNTED_BY_KERNEL.test(link))) return true;
  return readFileSync(`/proc/${living}/maps`, 'latin1').includes(REQUESTS);
}

function isSemaphore({ content }: DescriptorImage): boolean {
  return SEMAPHORE.test(Buffer.from(content ?? []).toString('latin1'));
}

function countOf({ content }: DescriptorImage): bigint {
  return parseCount(Buffer.from(content ?? []).toString('latin1'));
}

function parseCount(text: string): bigint {
  const count = COUNT.exec(text)?.[1];
  return count === undefined ? 0n : BigInt(`0x${count}`);
}
