/**
 * belay's calls for TypeScript and JavaScript programs: fallback points set by the program itself.
 *
 * This module is for the program under care and is independent of the rest of belay. Each function
 * is one system call that the supervisor answers; not supervised, it throws with code `ENOSYS`.
 * The same calls for C and C++ are in `include/belay.h`, where each is described in full.
 */
import koffi from 'koffi';
import { BelayError, SyscallError } from './errors.ts';

/** Why `tsetjmp` returned, in the order of the `TJMP_...` constants of `include/belay.h`. */
const CAUSES = ['saved', 'longjmp', 'signal', 'hang', 'operator'] as const;

export type Cause = (typeof CAUSES)[number];

/** What `tsetjmp` returns: `struct tjmp` and the checkpoint descriptor. */
export interface Point {
  /** The checkpoint descriptor: 1, 2, 3, ... */
  readonly cd: number;
  readonly cause: Cause;
  /** `longjmp`: the value given to {@link tlongjmp}. */
  readonly value: number;
  /** `signal`: the signal's number, as in `os.constants.signals`. */
  readonly signo: number;
  /** `signal`: `si_code`. */
  readonly code: number;
  /** The thread that fell. */
  readonly tid: number;
  /** The address whose use was the fault. */
  readonly address: bigint;
  /** The instruction that faulted. */
  readonly ip: bigint;
  /** How often this point has been returned to. */
  readonly rollbacks: bigint;
  /** What did not come back as it was: the `TJMP_LOST_...` bits of `include/belay.h`. */
  readonly lost: bigint;
}

const SYS_TSETJMP = 0xbe01;
const SYS_TLONGJMP = 0xbe02;
const SYS_TFORGET = 0xbe03;
const SYS_TKEEP = 0xbe04;

/** `sizeof(struct tjmp)`. */
const TJMP_SIZE_BYTES = 56;

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
const UINT64_MAX = 2n ** 64n - 1n;

const libc = koffi.load('libc.so.6');
const syscallPointer = libc.func('long syscall(long number, void *first, size_t second)');
const syscallAddress = libc.func('long syscall(long number, uint64_t first, uint64_t second)');
const syscallInts = libc.func('long syscall(long number, long first, long second)');

/** Kept ranges of typed arrays: their memory must not be freed while the kernel's side names it. */
const keptViews = new Set<ArrayBufferView>();

/** Turns a result of `syscall` into a number, or throws what errno says. */
function checked(result: unknown, name: string): number {
  const number = Number(result);
  if (number !== -1) return number;
  const errno = koffi.errno();
  throw new SyscallError(`cannot ${name}`, { syscall: name, errno });
}

/** koffi truncates integers silently, so they are checked before the call. */
function assertInt32(value: number, name: string): void {
  if (Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX) return;
  throw new RangeError(`${name} must be a 32-bit integer, not ${value}`);
}

/**
 * `int tsetjmp(struct tjmp *why);` Makes a fallback point of the whole process.
 *
 * Returns again, with the same `cd` and another `cause`, after each rollback to the point; every
 * variable, promise and timer is then as it was, and only what is returned here differs.
 *
 * @throws SyscallError ENOSYS: not supervised; ENOMEM: too many live points, or no memory;
 * EAGAIN: another thread cannot be stopped just now (it is in vfork, say)
 * @example
 * const point = tsetjmp();
 * if (point.cause === 'signal') console.log(`fell at 0x${point.ip.toString(16)}`);
 */
export function tsetjmp(): Point {
  const why = new DataView(new ArrayBuffer(TJMP_SIZE_BYTES));
  const bytes = new Uint8Array(why.buffer);
  const result: unknown = syscallPointer(SYS_TSETJMP, bytes, TJMP_SIZE_BYTES);
  const cd = checked(result, 'tsetjmp');
  return {
    cd,
    cause: CAUSES[why.getUint32(4, true)] ?? 'saved',
    value: why.getInt32(8, true),
    signo: why.getInt32(12, true),
    code: why.getInt32(16, true),
    tid: why.getInt32(20, true),
    address: why.getBigUint64(24, true),
    ip: why.getBigUint64(32, true),
    rollbacks: why.getBigUint64(40, true),
    lost: why.getBigUint64(48, true),
  };
}

/**
 * `int tlongjmp(int cd, int value);` Puts the whole process back on the point `cd`, which returns
 * there with cause `longjmp` and this value. Newer points are dropped. Does not return.
 *
 * @throws SyscallError ENOSYS: not supervised; EBADF: `cd` is not a live point of this process;
 * ENOTRECOVERABLE: it cannot go back there as it is now, and nothing was touched
 * @throws RangeError `cd` or `value` is not a 32-bit integer
 */
export function tlongjmp(cd: number, value: number): never {
  assertInt32(cd, 'cd');
  assertInt32(value, 'value');
  checked(syscallInts(SYS_TLONGJMP, cd, value), 'tlongjmp');
  throw new BelayError('EINTERNAL', `cannot return to point ${cd}: the call came back`);
}

/**
 * `int tforget(int cd);` Releases the point `cd`; all others stay as they are.
 *
 * @throws SyscallError ENOSYS: not supervised; EBADF: `cd` is not a live point of this process
 * @throws RangeError `cd` is not a 32-bit integer
 */
export function tforget(cd: number): void {
  assertInt32(cd, 'cd');
  checked(syscallInts(SYS_TFORGET, cd, 0), 'tforget');
}

/**
 * `int tkeep(void *address, size_t n);` These bytes survive rollbacks from now on.
 *
 * A typed array is held for the life of the process, since its memory must stay where it is; do
 * not transfer or resize its buffer. A counter that survives is a typed array with one element.
 *
 * @throws SyscallError ENOSYS: not supervised; EINVAL: an empty or wrapping range; EFAULT: not
 * mapped; ENOMEM: 1024 ranges are kept already
 * @throws RangeError the address or the size is not one of 64 bits
 * @example
 * const falls = new BigUint64Array(new ArrayBuffer(8));
 * tkeep(falls);
 */
export function tkeep(view: ArrayBufferView): void;
export function tkeep(address: bigint, sizeBytes: number): void;
export function tkeep(range: ArrayBufferView | bigint, sizeBytes = 0): void {
  if (typeof range !== 'bigint') {
    const bytes = new Uint8Array(range.buffer, range.byteOffset, range.byteLength);
    const result: unknown = syscallPointer(SYS_TKEEP, bytes, bytes.byteLength);
    checked(result, 'tkeep');
    keptViews.add(range);
    return;
  }
  if (range < 0n || range > UINT64_MAX) throw new RangeError(`address out of range: ${range}`);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new RangeError(`sizeBytes must be a whole number, not ${sizeBytes}`);
  }
  const result: unknown = syscallAddress(SYS_TKEEP, range, sizeBytes);
  checked(result, 'tkeep');
}
