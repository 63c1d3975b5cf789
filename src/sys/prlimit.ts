/**
 * prlimit(2): the limits of this process, and of another.
 *
 * @see https://man7.org/linux/man-pages/man2/prlimit.2.html
 */
import { declare, NativeBuffer, toNumber } from './libc.ts';

/** Numbers of resources: <asm-generic/resource.h>. */
export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_AS = 9;
export const RLIMIT_NICE = 13;
export const RLIM_NLIMITS = 16;

/** `struct rlimit` has two words of 64 bits: RLIM_INFINITY is here Infinity. */
export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** struct rlimit: soft, hard. */
export const RLIMIT_SIZE = 16;

const SYS_prlimit64 = 302;
const RLIM_INFINITY_WORD = 0xffffffff;

const prlimit = declare('long syscall(long, int, int, uint64_t, uint64_t)');
const limit = new NativeBuffer(16);

/** `prlimit(0, resource, NULL, limit)`. */
export function readOwnLimit(resource: number): Limit {
  if (toNumber(prlimit(SYS_prlimit64, 0, resource, 0, limit.address)) !== 0) {
    return { soft: Infinity, hard: Infinity };
  }
  return { soft: valueAt(0), hard: valueAt(8) };
}

/** `prlimit(pid, resource, NULL, limit)`: the soft limit, or undefined when that is not told. */
export function tryReadSoftLimit(pid: number, resource: number): number | undefined {
  const answer = toNumber(prlimit(SYS_prlimit64, pid, resource, 0, limit.address));
  return answer === 0 ? valueAt(0) : undefined;
}

/** `prlimit(0, resource, limit, NULL)`: false when refused. */
export function setOwnLimit(resource: number, { soft, hard }: Limit): boolean {
  setValueAt(0, soft);
  setValueAt(8, hard);
  return toNumber(prlimit(SYS_prlimit64, 0, resource, limit.address, 0)) === 0;
}

/** `prlimit(pid, resource, limit, NULL)` of `RLIMIT_SIZE` bytes: false when refused. */
export function setLimitOf(pid: number, resource: number, bytes: Uint8Array): boolean {
  limit.bytes.set(bytes);
  return toNumber(prlimit(SYS_prlimit64, pid, resource, limit.address, 0)) === 0;
}

function valueAt(offset: number): number {
  const index = offset >> 2;
  const isInfinite = [0, 1].every((word) => limit.words[index + word] === RLIM_INFINITY_WORD);
  return isInfinite ? Infinity : limit.getUint64(offset);
}

function setValueAt(offset: number, value: number): void {
  if (value === Infinity) limit.words.fill(RLIM_INFINITY_WORD, offset >> 2, (offset >> 2) + 2);
  else limit.setUint64(offset, value);
}
