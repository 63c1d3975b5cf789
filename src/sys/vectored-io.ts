/**
 * preadv(2) over an iovec table that is filled in place: one range of a file, into many places; and
 * preadv2(2), which need not wait.
 *
 * @see https://man7.org/linux/man-pages/man2/preadv.2.html
 */
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';
import { IovecTable } from './process-vm.ts';

const RWF_NOWAIT = 8;
const READ_MAX = 4096;

const preadvCall = declare('long preadv(int, uint64_t, int, long)');
const preadv2Call = declare('long preadv2(int, uint64_t, int, long, int)');
const into = new NativeBuffer(READ_MAX);
const single = new IovecTable();

/** `ssize_t preadv(fd, table, count, offset)`: bytes read, or minus errno. Can be short. */
export function preadv(fd: number, table: IovecTable, offset: number): number {
  const size = toNumber(preadvCall(fd, table.address, table.count, offset));
  return size < 0 ? -errnoNow() : size;
}

/**
 * `ssize_t preadv2(fd, table, 1, -1, RWF_NOWAIT)`, of bytes that nobody wants: how many there
 * were, up to `sizeBytes`, or minus errno: EAGAIN where it would wait.
 */
export function readAtOnce(fd: number, sizeBytes: number): number {
  single.clear();
  single.push(into.address, Math.min(sizeBytes, READ_MAX));
  const size = toNumber(preadv2Call(fd, single.address, single.count, -1, RWF_NOWAIT));
  return size < 0 ? -errnoNow() : size;
}
