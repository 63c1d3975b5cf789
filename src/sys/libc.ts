/**
 * The way into libc: one loaded library, errno read at once, results turned into numbers.
 *
 * Invariants
 * 1. Integers are checked before a call: koffi truncates silently (close(2**40) closes 0).
 * 2. 64-bit results come as number or bigint; `toNumber` is the one place that converts.
 * 3. A native address is a number: user addresses are below 2^47 and exact in a double.
 */
import { at } from '../at.ts';
import koffi from 'koffi';
import { SyscallError } from '../errors.ts';

const library = koffi.load('libc.so.6');

/** A function of libc, declared by its C prototype. */
export function declare(prototype: string): (...values: unknown[]) => number | bigint {
  return library.func(prototype);
}

export function toNumber(value: number | bigint): number {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** The errno of the call that has just answered -1. */
export function errnoNow(): number {
  return koffi.errno();
}

export interface CallContext {
  readonly tid?: number;
  readonly address?: number;
  readonly path?: string;
}

/** A SyscallError for the call that has just failed. */
export function failed(syscall: string, context: CallContext = {}): SyscallError {
  return new SyscallError(`cannot ${syscall}`, { syscall, errno: errnoNow(), ...context });
}

/**
 * The native address of a Buffer's first byte. Hold the Buffer as long as the address is used: the
 * address does not keep it alive, and a variable does so up to its last use alone, once the code is
 * optimized. Only buffers made by `allocateNative` may be asked, which holds the last ones.
 */
export function addressOf(buffer: Buffer): number {
  return toNumber(koffi.address(buffer));
}

/** Chosen: more than one call takes, or what is read between two. */
const HELD_SMALL = 64;
const HELD_LARGE = 2;
const SMALL_SIZE = 4096;

/** The last ones: variables mostly hold theirs no longer than to the call (`addressOf`). */
const small = { held: new Array<Buffer | undefined>(HELD_SMALL).fill(undefined), next: 0 };
const large = { held: new Array<Buffer | undefined>(HELD_LARGE).fill(undefined), next: 0 };

/** Memory outside the V8 heap (small typed arrays can be inside it, and move). */
export function allocateNative(sizeBytes: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(sizeBytes));
  const ring = sizeBytes <= SMALL_SIZE ? small : large;
  ring.held[ring.next] = bytes;
  ring.next = (ring.next + 1) % ring.held.length;
  return bytes;
}

/** A zeroed buffer together with its address. */
export class NativeBuffer {
  readonly bytes: Buffer;
  readonly address: number;
  /** The same memory as 32-bit words: 64-bit fields are written as two of them, without BigInt. */
  readonly words: Uint32Array;

  constructor(sizeBytes: number) {
    this.bytes = allocateNative((sizeBytes + 7) & ~7);
    this.address = addressOf(this.bytes);
    this.words = new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >> 2);
  }

  /** Write an unsigned integer below 2^53 as 64 bits at byte offset `offset` (a multiple of 4). */
  setUint64(offset: number, value: number): void {
    this.words[offset >> 2] = value >>> 0;
    this.words[(offset >> 2) + 1] = (value / 4294967296) >>> 0;
  }

  getUint64(offset: number): number {
    const low = at(this.words, offset >> 2);
    const high = at(this.words, (offset >> 2) + 1);
    return low + high * 4294967296;
  }
}

/** Throws when `value` is no 32-bit signed integer: koffi would cut it silently. */
export function checkInt(value: number): number {
  if ((value | 0) !== value) throw new RangeError(`not a 32-bit integer: ${value}`);
  return value;
}
