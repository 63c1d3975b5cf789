/**
 * get_robust_list(2): the head of another thread's list of robust futexes.
 *
 * @see https://man7.org/linux/man-pages/man2/get_robust_list.2.html
 */
import { declare, NativeBuffer, toNumber } from './libc.ts';

const SYS_get_robust_list = 274;
const syscall = declare('long syscall(long, int, uint64_t, uint64_t)');
const result = new NativeBuffer(16);

/** `long get_robust_list(tid, &head, &length)`: the head, 0 for none or when refused. */
export function getRobustList(tid: number): number {
  const answer = syscall(SYS_get_robust_list, tid, result.address, result.address + 8);
  return toNumber(answer) === 0 ? result.getUint64(0) : 0;
}
