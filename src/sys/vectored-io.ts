/**
 * preadv(2) over an iovec table that is filled in place: one range of a file, into many places.
 *
 * @see https://man7.org/linux/man-pages/man2/preadv.2.html
 */
import { declare, errnoNow, toNumber } from './libc.ts';
import type { IovecTable } from './process-vm.ts';

const preadvCall = declare('long preadv(int, uint64_t, int, long)');

/** `ssize_t preadv(fd, table, count, offset)`: bytes read, or minus errno. Can be short. */
export function preadv(fd: number, table: IovecTable, offset: number): number {
  const size = toNumber(preadvCall(fd, table.address, table.count, offset));
  return size < 0 ? -errnoNow() : size;
}
