/**
 * clone3(2) with `set_tid`, asked and not carried out.
 *
 * @see https://man7.org/linux/man-pages/man2/clone3.2.html
 */
import { declare, errnoNow, NativeBuffer } from './libc.ts';

const SYS_clone3 = 435;
/** struct clone_args with `cgroup`, of Linux 5.7: CLONE_ARGS_SIZE_VER2. */
export const CLONE_ARGS_SIZE = 88;

export const CLONE_VM = 0x100;
export const CLONE_FILES = 0x400;
/** The child is not traced by whoever traces its parent: clone(2). */
export const CLONE_UNTRACED = 0x800000;

/** VM, FS, FILES, SIGHAND, THREAD, SYSVSEM and SETTLS: what makes a thread. */
export const CLONE_THREAD_FLAGS = CLONE_VM | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000;
const FIELD_EXIT_SIGNAL = 32;
const FIELD_SET_TID = 64;
const FIELD_SET_TID_SIZE = 72;
const SIGCHLD = 17;

const chosen = new NativeBuffer(8);
const args = new NativeBuffer(CLONE_ARGS_SIZE);

const syscall = declare('long syscall(long, uint64_t, ulong)');

/**
 * `clone3({set_tid: tid})` for a tid that is taken: the errno with which the kernel refuses.
 *
 * The right to choose is checked before the number, so EPERM means "you may not choose" and EEXIST
 * "you may, and this one is taken". No process is made either way.
 *
 * @param tid a process that exists, such as our own
 */
export function clone3TakenTid(tid: number): number {
  chosen.words[0] = tid;
  args.setUint64(FIELD_EXIT_SIGNAL, SIGCHLD);
  args.setUint64(FIELD_SET_TID, chosen.address);
  args.setUint64(FIELD_SET_TID_SIZE, 1);
  const result = syscall(SYS_clone3, args.address, CLONE_ARGS_SIZE);
  return result === -1 ? errnoNow() : 0;
}
