/**
 * Makes the program's locks those of the point, when its descriptors are back.
 *
 * A lock that has to be taken again was not held for a moment, or for long: somebody else may have
 * had it, and changed what it is about. So it is named also where taking it again worked.
 */
import { O_ACCMODE, O_WRONLY } from '../../sys/descriptor-flags.ts';
import { statKnownLink, typeOf } from '../../sys/statx.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';
import type { DescriptorSteps } from './plan-descriptors.ts';
import type { LockedFiles } from './locked-files.ts';
import { parseLocks, readRecordLocks, setLock, withoutLocks, type FileLock } from './file-locks.ts';

/** Chosen: so many are left open for the sake of a lock, in programs that fall again and again. */
const SPARED_MAX = 8;

/** Descriptors opened since whose closing would drop record locks that are to be kept. */
export function findSpared(
  { extras }: DescriptorSteps,
  wanted: DescriptorsImage,
  before: readonly FileLock[],
  files: LockedFiles,
): readonly DescriptorImage[] {
  if (before.length === 0) return [];
  const held = new Set(before.map(keyOf));
  const records = wanted.flatMap(locksOf).filter(({ kind }) => kind === 'POSIX');
  const kept = new Map(records.filter((lock) => held.has(keyOf(lock))).map(byKey));
  const ofEach = [...kept.values()];
  return extras
    .filter((image) => ofEach.some((lock) => files.isOn(lock, image)))
    .slice(0, SPARED_MAX);
}

export function nameSpared({ fd, link }: DescriptorImage): Named {
  const text = `descriptor ${fd} is left open: closing it would drop the locks on ${link}`;
  return { bit: LOST.descriptors, text };
}

/** One for each locked file. */
function keyOf({ device, inode }: FileLock): string {
  return `${device}/${inode}`;
}

function byKey(lock: FileLock): [string, FileLock] {
  return [keyOf(lock), lock];
}

function locksOf({ locks }: DescriptorImage): FileLock[] {
  return locks === undefined ? [] : parseLocks(Buffer.from(locks).toString('latin1'));
}

/** What locks were found in, before anything was put back. */
export interface LocksBefore {
  readonly now: DescriptorsImage;
  /** Numbers that lead to their file by a copy now: that may have been locked since. */
  readonly refilled: readonly number[];
  /** Record locks. */
  readonly before: readonly FileLock[];
}

/** @param readLocks the locks of an open file as they are now, as fdinfo has them */
export function settleLocks(
  stopped: Stopped,
  wanted: DescriptorsImage,
  { now, refilled, before }: LocksBefore,
  files: LockedFiles,
  readLocks: (fd: number) => FileLock[],
): Named[] {
  const locked = now.flatMap(({ fd, locks }) => (locks === undefined ? [] : [fd]));
  const mayHaveLocks = new Set([...locked, ...refilled]);
  const ofFiles = wanted
    .filter(({ fd, locks }) => locks !== undefined || mayHaveLocks.has(fd))
    .flatMap((image) => settleOpenFile(stopped, image, readLocks));
  const records = wanted.flatMap(locksOf).filter(({ kind }) => kind === 'POSIX');
  if (records.length + before.length === 0) return ofFiles;
  return [...ofFiles, ...settleRecords(stopped, wanted, records, files)];
}

/** flock, OFD locks, leases belong to an open file: they are looked for where there were some. */
function settleOpenFile(
  { remote, living }: Stopped,
  image: DescriptorImage,
  readLocks: (fd: number) => FileLock[],
): Named[] {
  if (image.kind !== 'path') return [];
  const isOwn = ({ kind }: FileLock): boolean => kind !== 'POSIX';
  const locks = locksOf(image).filter(isOwn);
  if (isHungUp(living, image)) return locks.map((lock) => nameTaken(image, lock, false));
  const now = readLocks(image.fd).filter(isOwn);
  const missing = withoutLocks(locks, now);
  const extra = withoutLocks(now, locks);
  const taken = missing.filter(({ isBreaking }) => !isBreaking);
  // One flock replaces another, and one lease: there is one of an open file at most.
  const isSingle = ({ kind }: FileLock): boolean => kind === 'FLOCK' || kind === 'LEASE';
  const surplus = extra.filter((lock) => {
    return !isSingle(lock) || !taken.some(({ kind }) => kind === lock.kind);
  });
  for (const lock of surplus) setLock(remote, image.fd, lock, false);
  const retaken = taken.flatMap((lock) => {
    const isTaken = setLock(remote, image.fd, lock, true);
    // A lease that was made another meanwhile was held all the time.
    const isHeld = lock.kind === 'LEASE' && extra.some(isActiveLease);
    return isTaken && isHeld ? [] : [nameTaken(image, lock, isTaken)];
  });
  return taken.length < missing.length ? [...retaken, nameGivenUp(image)] : retaken;
}

function isActiveLease({ kind, isBreaking }: FileLock): boolean {
  return kind === 'LEASE' && !isBreaking;
}

function settleRecords(
  { remote, pid, living }: Stopped,
  table: DescriptorsImage,
  wanted: readonly FileLock[],
  files: LockedFiles,
): Named[] {
  const set = (images: readonly DescriptorImage[], lock: FileLock, isTaken: boolean): boolean => {
    const image = images.find((each) => !isHungUp(living, each));
    return image !== undefined && setLock(remote, image.fd, lock, isTaken);
  };
  const now = readRecordLocks(pid);
  for (const lock of withoutLocks(now, wanted)) {
    const images = table.filter((each) => files.isOn(lock, each));
    set(images, lock, false);
  }
  return withoutLocks(wanted, readRecordLocks(pid)).flatMap((lock) => {
    const images = table.filter((each) => files.isOn(lock, each) && canLock(each, lock));
    const [first] = images;
    return first === undefined ? [] : [nameTaken(first, lock, set(images, lock, true))];
  });
}

function nameTaken(image: DescriptorImage, lock: FileLock, isTaken: boolean): Named {
  const what = isTaken ? 'was not held for a while: it is taken again' : 'cannot be taken again';
  const which = lock.kind === 'LEASE' ? 'lease' : 'lock';
  const where = lock.kind === 'LEASE' ? '' : ` at ${lock.start}`;
  return { bit: LOST.locks, text: `the ${which} on ${image.link}${where} ${what}` };
}

/** Who opened the file then goes on, or has given up: nothing makes a lease one that is broken. */
function nameGivenUp({ link }: DescriptorImage): Named {
  const text = `the lease on ${link}, which was to be given up, is none any more`;
  return { bit: LOST.locks, text };
}

/** The number of a file leads to a socket now, which takes any lock. */
function isHungUp(living: number, { fd }: DescriptorImage): boolean {
  const status = statKnownLink(`/proc/${living}/fd/${fd}`);
  return status !== undefined && typeOf(status) === 'socket';
}

/** A lock for writing needs a descriptor for writing, one for reading one for reading. */
function canLock(image: DescriptorImage, lock: FileLock): boolean {
  const access = image.flags & O_ACCMODE;
  return lock.isWrite ? access !== 0 : access !== O_WRONLY;
}
