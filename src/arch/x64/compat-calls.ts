/**
 * The system calls of the 32-bit table (`int 0x80`, 32-bit programs) that a stop breaks off, as
 * those of the 64-bit one.
 *
 * Source: arch/x86/entry/syscalls/syscall_32.tbl.
 */

export interface CompatCall {
  /** The number in the 64-bit table. */
  readonly nr: number;
  /** Its limit is a struct timespec with 32-bit fields. */
  readonly hasTime32?: boolean;
}

export const COMPAT_CALLS: ReadonlyMap<number, CompatCall> = new Map<number, CompatCall>([
  [3, { nr: 0 }],
  [4, { nr: 1 }],
  [145, { nr: 19 }],
  [146, { nr: 20 }],
  [177, { nr: 128, hasTime32: true }],
  [247, { nr: 208, hasTime32: true }],
  [256, { nr: 232 }],
  [313, { nr: 275 }],
  [319, { nr: 281 }],
  [324, { nr: 285 }],
  [337, { nr: 299 }],
  [345, { nr: 307 }],
  [362, { nr: 42 }],
  [364, { nr: 288 }],
  [369, { nr: 44 }],
  [370, { nr: 46 }],
  [371, { nr: 45 }],
  [372, { nr: 47 }],
  [378, { nr: 327 }],
  [379, { nr: 328 }],
  [385, { nr: 333, hasTime32: true }],
  [399, { nr: 70 }],
  [400, { nr: 69 }],
  [416, { nr: 333 }],
  [420, { nr: 220 }],
  [421, { nr: 128 }],
  [426, { nr: 426 }],
  [441, { nr: 441 }],
]);
