/**
 * struct tjmp of include/belay.h: what tsetjmp tells the program each time it returns.
 *
 * Later versions only add at the end; no more is written than the program has room for.
 *
 *   offset  0 size  4 cause  8 value  12 signo  16 code  20 tid  24 address  32 ip  40 rollbacks
 *          48 lost
 */
import { PAGE_SIZE } from '../arch/x64/syscalls.ts';
import { BelayError } from '../errors.ts';
import { NativeBuffer } from '../sys/libc.ts';
import type { TargetMemory } from '../tracee/target-memory.ts';

export const WHY_SIZE = 56;
/** What a program that was built with the first header has. */
export const WHY_SIZE_MIN = 48;

export const CAUSE = { saved: 0, longjmp: 1, signal: 2, hang: 3, operator: 4 } as const;

export interface Why {
  readonly cause: number;
  readonly value?: number;
  readonly signo?: number;
  readonly code?: number;
  readonly tid?: number;
  /** All 64 bits: a wild pointer can be any. */
  readonly address?: bigint;
  readonly ip?: bigint;
  readonly rollbacks?: number;
  /** Bits of what did not come back: LOST. */
  readonly lost?: number;
}

/** It cannot be written where the program wants it. */
export class WhyError extends BelayError {
  constructor(address: number) {
    super('EUSAGE', `cannot tell of a point at 0x${address.toString(16)}: it is not writable`);
  }
}

const encoded = new NativeBuffer(WHY_SIZE);
/** The same as 64-bit words. */
const wide = new BigUint64Array(encoded.bytes.buffer);

/** Fill the program's struct of `sizeBytes` at `address`; false when it is not writable there. */
export function writeWhy(
  target: TargetMemory,
  address: number,
  sizeBytes: number,
  why: Why,
): boolean {
  const size = Math.min(sizeBytes, WHY_SIZE);
  const { words } = encoded;
  words[0] = size;
  words[1] = why.cause;
  words[2] = why.value ?? 0;
  words[3] = why.signo ?? 0;
  words[4] = why.code ?? 0;
  words[5] = why.tid ?? 0;
  wide[3] = why.address ?? 0n;
  wide[4] = why.ip ?? 0n;
  encoded.setUint64(40, why.rollbacks ?? 0);
  encoded.setUint64(48, why.lost ?? 0);
  if ((address % PAGE_SIZE) + size <= PAGE_SIZE) {
    return target.writeFrom(encoded.address, address, size);
  }
  const before = target.read(address, size);
  if (before.length !== size) return false;
  if (target.writeFrom(encoded.address, address, size)) return true;
  // Half of it can lie on a page that is not writable: then the other half is as before.
  target.write(address, Buffer.from(before));
  return false;
}
