/**
 * Files of hugetlbfs: all memory in huge pages of the pool is theirs, also where no file was named.
 *
 * Source: statfs(2); include/uapi/linux/magic.h.
 */
import { statfsSync } from 'node:fs';

const HUGETLBFS_MAGIC = 0x958458f6;

/** Whether our descriptor `fd` is of such a file. */
export function isOfHugePages(fd: number): boolean {
  return statfsSync(`/proc/self/fd/${fd}`).type === HUGETLBFS_MAGIC;
}
