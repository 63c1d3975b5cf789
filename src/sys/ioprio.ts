/**
 * ioprio_set(2), ioprio_get(2), by thread: which of several that wait for a disk goes first.
 *
 * @see https://man7.org/linux/man-pages/man2/ioprio_set.2.html
 */
import { declare, toNumber } from './libc.ts';

const SYS_ioprio_set = 251;
const SYS_ioprio_get = 252;
const IOPRIO_WHO_PROCESS = 1;
/** No class of one's own: as the nice value has it. */
const IOPRIO_CLASS_NONE = 0;

const ioprioSet = declare('long syscall(long, int, int, int)');
const ioprioGet = declare('long syscall(long, int, int)');

/** `ioprio_get(IOPRIO_WHO_PROCESS, tid)`; undefined: it is gone. */
export function readIoPriority(tid: number): number | undefined {
  const priority = toNumber(ioprioGet(SYS_ioprio_get, IOPRIO_WHO_PROCESS, tid));
  return priority < 0 ? undefined : priority;
}

/** `ioprio_set(IOPRIO_WHO_PROCESS, tid, priority)`: false when refused. */
export function writeIoPriority(tid: number, priority: number): boolean {
  return toNumber(ioprioSet(SYS_ioprio_set, IOPRIO_WHO_PROCESS, tid, priority)) === 0;
}

/** `ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_NONE)`, for the calling thread. */
export function resetIoPriority(): boolean {
  return toNumber(ioprioSet(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_NONE)) === 0;
}
