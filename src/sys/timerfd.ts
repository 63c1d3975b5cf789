/**
 * timerfd_settime(2), and what checkpointers have besides.
 *
 * @see https://man7.org/linux/man-pages/man2/timerfd_create.2.html
 */
import { NS_PER_S as NS } from './clock.ts';
import { declare, errnoNow, NativeBuffer } from './libc.ts';

export const TFD_TIMER_ABSTIME = 1;
/** Needs CONFIG_CHECKPOINT_RESTORE. */
const TFD_IOC_SET_TICKS = 0x40085400;
/** struct itimerspec: interval and value, seconds and nanoseconds of each. */
const ITIMERSPEC_SIZE = 32;

const NS_PER_S = BigInt(NS);
const TFD_CLOEXEC = 0o2000000;
const create = declare('int timerfd_create(int, int)');
const settime = declare('int timerfd_settime(int, int, uint64_t, uint64_t)');
const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const spec = new NativeBuffer(ITIMERSPEC_SIZE);

/** `int timerfd_create(clock, TFD_CLOEXEC)`: a descriptor, or minus errno. */
export function timerfdCreate(clock: number): number {
  const fd = create(clock, TFD_CLOEXEC) as number;
  return fd < 0 ? -errnoNow() : fd;
}

/** `int timerfd_settime(fd, flags, {interval, value}, NULL)`, in nanoseconds: 0, or minus errno. */
export function timerfdSettime(fd: number, flags: number, value: bigint, interval: bigint): number {
  [interval / NS_PER_S, interval % NS_PER_S, value / NS_PER_S, value % NS_PER_S].forEach(
    (part, index) => spec.bytes.writeBigInt64LE(part, index * 8),
  );
  return settime(fd, flags, spec.address, 0) === 0 ? 0 : -errnoNow();
}

/** `int ioctl(fd, TFD_IOC_SET_TICKS, ticks)`, which are not 0: 0, or minus errno. */
export function timerfdSetTicks(fd: number, ticks: bigint): number {
  spec.bytes.writeBigUInt64LE(ticks, 0);
  return ioctl(fd, TFD_IOC_SET_TICKS, spec.address) === 0 ? 0 : -errnoNow();
}
