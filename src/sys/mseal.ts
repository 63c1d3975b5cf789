/**
 * mseal(2): mappings that can be neither unmapped nor changed (Linux 6.10).
 *
 * @see https://man7.org/linux/man-pages/man2/mseal.2.html
 */
import { declare, errnoNow, toNumber } from './libc.ts';

const SYS_mseal = 462;

const syscall = declare('long syscall(long, uint64_t, ulong, ulong)');

/** `int mseal(address, size, 0)` on ourselves, for good: 0, or the positive errno. */
export function mseal(address: number, sizeBytes: number): number {
  return toNumber(syscall(SYS_mseal, address, sizeBytes, 0)) === 0 ? 0 : errnoNow();
}
