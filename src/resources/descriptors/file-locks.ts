/**
 * Locks on files: record locks (fcntl), which the program as a whole holds and which vanish when it
 * closes any descriptor of their file; and those of one open file (flock, OFD), leases among them.
 *
 * Source: fcntl(2), "Advisory record locking"; flock(2); proc_locks(5), proc_pid_fdinfo(5).
 */
import { readFileSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import {
  F_OFD_SETLK,
  F_RDLCK,
  F_SETLEASE,
  F_SETLK,
  F_UNLCK,
  F_WRLCK,
  FLOCK_SIZE,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
} from '../../sys/descriptor-flags.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

const LOCK_LINE = Buffer.from('lock:\t');

/** As /proc/locks has it, and fdinfo behind "lock:"; a line with "->" is one that waits. */
const LOCK = new RegExp(
  '^(?:lock:\\t)?\\d+: (POSIX|FLOCK|OFDLCK|LEASE) +(\\w+) +(READ|WRITE|UNLCK) +(-?\\d+) +' +
    '([0-9a-f]+:[0-9a-f]+):(\\d+) (\\d+) (\\d+|EOF)$',
  'gm',
);

export interface FileLock {
  readonly kind: 'POSIX' | 'FLOCK' | 'OFDLCK' | 'LEASE';
  /** `major:minor` of the file system, as the kernel prints it here: hexadecimal. */
  readonly device: string;
  readonly inode: number;
  readonly isWrite: boolean;
  /** A lease that is to be given up, since somebody has opened the file. */
  readonly isBreaking: boolean;
  readonly start: bigint;
  /** 0: to the end of the file, wherever that is. */
  readonly length: bigint;
}

/** The record locks that the process holds. */
export function readRecordLocks(pid: number): FileLock[] {
  return parseLocks(readFileSync('/proc/locks', 'latin1'), pid);
}

/** @param pid only the record locks of this process; undefined: all locks */
export function parseLocks(text: string, pid?: number): FileLock[] {
  return [...text.matchAll(LOCK)]
    .filter((match) => pid === undefined || (match[1] === 'POSIX' && Number(match[4]) === pid))
    .map(([, kind, state, type, , device = '', inode, start = '0', end]) => ({
      kind: kind as FileLock['kind'],
      device,
      inode: Number(inode),
      isWrite: type === 'WRITE',
      isBreaking: state === 'BREAKING',
      start: BigInt(start),
      length: end === 'EOF' || end === undefined ? 0n : BigInt(end) - BigInt(start) + 1n,
    }));
}

/** The locks that are in the one list and not in the other. */
export function withoutLocks(locks: readonly FileLock[], others: readonly FileLock[]): FileLock[] {
  return locks.filter((lock) => !others.some((other) => isSameLock(lock, other)));
}

/** Have the program take a lock through `fd`, or let go of it; false when it is refused. */
export function setLock(
  remote: RemoteSource,
  fd: number,
  lock: FileLock,
  isTaken: boolean,
): boolean {
  const { calls, scratch } = remote();
  if (lock.kind === 'FLOCK') {
    const operation = isTaken ? (lock.isWrite ? LOCK_EX : LOCK_SH) | LOCK_NB : LOCK_UN;
    return calls.call(SYS.flock, fd, operation) === 0;
  }
  if (lock.kind === 'LEASE') {
    // One that is to be given up is changed no more: it is taken anew.
    if (isTaken) calls.call(SYS.fcntl, fd, F_SETLEASE, F_UNLCK);
    return calls.call(SYS.fcntl, fd, F_SETLEASE, isTaken ? typeOf(lock) : F_UNLCK) === 0;
  }
  const command = lock.kind === 'OFDLCK' ? F_OFD_SETLK : F_SETLK;
  return calls.call(SYS.fcntl, fd, command, scratch.put(encodeLock(lock, isTaken))) === 0;
}

function typeOf({ isWrite }: FileLock): number {
  return isWrite ? F_WRLCK : F_RDLCK;
}

function isSameLock(one: FileLock, other: FileLock): boolean {
  return (
    one.kind === other.kind &&
    one.device === other.device &&
    one.inode === other.inode &&
    one.isWrite === other.isWrite &&
    one.isBreaking === other.isBreaking &&
    one.start === other.start &&
    one.length === other.length
  );
}

/** struct flock: type, whence (0: from the start), then start and length at 8 and 16. */
function encodeLock(lock: FileLock, isTaken: boolean): Buffer {
  const bytes = Buffer.alloc(FLOCK_SIZE);
  bytes.writeInt16LE(isTaken ? typeOf(lock) : F_UNLCK, 0);
  bytes.writeBigInt64LE(lock.start, 8);
  bytes.writeBigInt64LE(lock.length, 16);
  return bytes;
}

/** Whether a lease is among them, as fdinfo has them. */
export function hasLease(locks: Uint8Array | undefined): boolean {
  return locks !== undefined && Buffer.from(locks).includes(': LEASE ');
}

/**
 * Lines of fdinfo from the first on that tells of a lock.
 *
 * @param before what was told last: answered again if it is the same
 */
export function takeLockLines(rest: Buffer, before?: Uint8Array): Uint8Array | undefined {
  const at = rest.length === 0 ? -1 : rest.indexOf(LOCK_LINE);
  if (at < 0) return undefined;
  const now = rest.subarray(at);
  return before !== undefined && now.equals(before) ? before : new Uint8Array(now);
}
