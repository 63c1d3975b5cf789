/**
 * The program's record locks (fcntl), which vanish when it closes any descriptor of their file.
 *
 * Source: fcntl(2), "Advisory record locking"; proc_locks(5).
 */
import { readFileSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import {
  F_RDLCK,
  F_SETLK,
  F_WRLCK,
  FLOCK_SIZE,
  O_ACCMODE,
  O_WRONLY,
} from '../../sys/descriptor-flags.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { DescriptorImage } from './descriptor-image.ts';

const LOCK = /^\d+: POSIX +\w+ +(READ|WRITE) +(\d+) +[0-9a-f]+:[0-9a-f]+:(\d+) (\d+) (\d+|EOF)$/gm;

export interface RecordLock {
  readonly inode: number;
  readonly isWrite: boolean;
  readonly start: bigint;
  /** 0: to the end of the file, wherever that is. */
  readonly length: bigint;
}

/** The locks that the process holds; those that it waits for are not among them. */
export function readRecordLocks(pid: number): RecordLock[] {
  return parseRecordLocks(readFileSync('/proc/locks', 'latin1'), pid);
}

export function parseRecordLocks(text: string, pid: number): RecordLock[] {
  return [...text.matchAll(LOCK)]
    .filter((match) => Number(match[2]) === pid)
    .map(([, type, , inode, start = '0', end]) => ({
      inode: Number(inode),
      isWrite: type === 'WRITE',
      start: BigInt(start),
      length: end === 'EOF' || end === undefined ? 0n : BigInt(end) - BigInt(start) + 1n,
    }));
}

/** Take locks once more that are gone; those that somebody else has meanwhile. */
export function retakeLocks(
  remote: RemoteSource,
  locks: readonly RecordLock[],
  table: readonly DescriptorImage[],
): RecordLock[] {
  return locks.filter((lock) => {
    const image = table.find((each) => each.inode === lock.inode && canLock(each, lock));
    if (image === undefined) return true;
    const { calls, scratch } = remote();
    return calls.call(SYS.fcntl, image.fd, F_SETLK, scratch.put(encodeLock(lock))) !== 0;
  });
}

export function isSameLock(one: RecordLock, other: RecordLock): boolean {
  return (
    one.inode === other.inode &&
    one.isWrite === other.isWrite &&
    one.start === other.start &&
    one.length === other.length
  );
}

/** A lock for writing needs a descriptor for writing, one for reading one for reading. */
function canLock(image: DescriptorImage, lock: RecordLock): boolean {
  const access = image.flags & O_ACCMODE;
  return image.kind === 'path' && (lock.isWrite ? access !== 0 : access !== O_WRONLY);
}

/** struct flock: type, whence (0: from the start), then start and length at 8 and 16. */
function encodeLock(lock: RecordLock): Buffer {
  const bytes = Buffer.alloc(FLOCK_SIZE);
  bytes.writeInt16LE(lock.isWrite ? F_WRLCK : F_RDLCK, 0);
  bytes.writeBigInt64LE(lock.start, 8);
  bytes.writeBigInt64LE(lock.length, 16);
  return bytes;
}
