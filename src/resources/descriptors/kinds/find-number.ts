/** By which numbers of the program a file can be reached that an epoll set of its watches. */
import { isWatchedBy } from '../../../sys/epoll.ts';
import type { DescriptorImage, DescriptorsImage } from '../descriptor-image.ts';
import type { Watch } from './watches.ts';

/** Chosen: numbers that are tried for a file without an inode of its own. */
const TRIED_MAX = 256;

/** A number of the table that leads to what is watched: its own, or else another one. */
export function findNumber(
  table: DescriptorsImage,
  { fd, inode }: Watch,
  isIt: (image: DescriptorImage) => boolean,
): number | undefined {
  const alike = table.filter((image) => image.inode === inode);
  const own = alike.find((image) => image.fd === fd);
  if (own !== undefined && isIt(own)) return fd;
  return alike.slice(0, TRIED_MAX).find(isIt)?.fd;
}

/** Whether the number leads to what the set watches. */
export function leadsTo(tid: number, fd: number, epoll: number, watch: Watch): boolean {
  return isWatchedBy(tid, epoll, watch.fd, watch.index, fd);
}
