/**
 * Who is signalled when something can be read from a descriptor or written to it, and by which
 * signal: F_GETOWN_EX and F_GETSIG of fcntl(2).
 *
 * @see https://man7.org/linux/man-pages/man2/F_GETSIG.2const.html
 */
import { checkInt, declare, NativeBuffer, toNumber } from './libc.ts';

export const F_SETSIG = 10;
const F_GETSIG = 11;
export const F_SETOWN_EX = 15;
const F_GETOWN_EX = 16;
/** struct f_owner_ex: type, then id, of 32 bits each. */
export const OWNER_SIZE = 8;
/** F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP. */
export const OWNER = { thread: 0, process: 1, group: 2 } as const;

const call = declare('int fcntl(int, int, uint64_t)');
const told = new NativeBuffer(OWNER_SIZE);

export interface Owner {
  /** One of `OWNER`. */
  readonly type: number;
  /** 0: nobody. */
  readonly id: number;
  /** 0: SIGIO. */
  readonly signo: number;
}

/** Of a descriptor of ours; undefined: it has none (O_PATH). Ids are those of our namespace. */
export function readOwner(fd: number): Owner | undefined {
  if (toNumber(call(checkInt(fd), F_GETOWN_EX, told.address)) < 0) return undefined;
  const signo = toNumber(call(fd, F_GETSIG, 0));
  const { bytes } = told;
  return signo < 0 ? undefined : { type: bytes.readInt32LE(0), id: bytes.readInt32LE(4), signo };
}
