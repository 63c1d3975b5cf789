/**
 * sched_getattr(2) and sched_setattr(2), by thread: policy, nice value, priority, deadlines.
 *
 * @see https://man7.org/linux/man-pages/man2/sched_setattr.2.html
 */
import { declare, toNumber, type NativeBuffer } from './libc.ts';

const SYS_sched_setattr = 314;
const SYS_sched_getattr = 315;
/** struct sched_attr with utilization clamps, of Linux 5.3; the kernel fills what it knows. */
export const SCHED_ATTR_SIZE = 56;

const getattr = declare('long syscall(long, int, uint64_t, uint, uint)');
const setattr = declare('long syscall(long, int, uint64_t, uint)');

/** `sched_getattr(tid, attr)` into `attr`: false when refused. */
export function schedGetattr(tid: number, attr: NativeBuffer): boolean {
  return toNumber(getattr(SYS_sched_getattr, tid, attr.address, SCHED_ATTR_SIZE, 0)) === 0;
}

/** `sched_setattr(tid, attr)` from `attr`: false when refused. */
export function schedSetattr(tid: number, attr: NativeBuffer): boolean {
  return toNumber(setattr(SYS_sched_setattr, tid, attr.address, 0)) === 0;
}
