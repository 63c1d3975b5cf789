/**
 * ioprio_set(2), by thread: which of several that wait for a disk goes first.
 *
 * @see https://man7.org/linux/man-pages/man2/ioprio_set.2.html
 */
import { declare, toNumber } from './libc.ts';

const SYS_ioprio_set = 251;
const IOPRIO_WHO_PROCESS = 1;
/** No class of one's own: as the nice value has it. */
const IOPRIO_CLASS_NONE = 0;

const ioprioSet = declare('long syscall(long, int, int, int)');

/** `ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_NONE)`, for the calling thread. */
export function resetIoPriority(): boolean {
  return toNumber(ioprioSet(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_NONE)) === 0;
}
