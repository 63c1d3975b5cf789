/**
 * sched_setaffinity(2), sched_getaffinity(2), by thread.
 *
 * @see https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html
 */
import type { NativeBuffer } from './libc.ts';
import { declare, toNumber } from './libc.ts';

/** Bytes of a processor mask: 1,024 processors, glibc's own limit. */
export const CPU_SET_SIZE = 128;

const setaffinity = declare('int sched_setaffinity(int, ulong, uint64_t)');
const SYS_sched_getaffinity = 204;
const syscall = declare('long syscall(long, int, ulong, uint64_t)');

/** `sched_setaffinity(tid, mask)`: false when refused. 0 is the calling thread. */
export function schedSetaffinity(tid: number, mask: NativeBuffer): boolean {
  return setaffinity(tid, CPU_SET_SIZE, mask.address) === 0;
}

/** `sched_getaffinity(tid)` into `mask`: false when refused. */
export function schedGetaffinity(tid: number, mask: NativeBuffer): boolean {
  return toNumber(syscall(SYS_sched_getaffinity, tid, CPU_SET_SIZE, mask.address)) > 0;
}
