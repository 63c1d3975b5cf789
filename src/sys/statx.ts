/**
 * openat2(2) and statx(2), asked only for what the kernel has in memory: no file system is waited
 * for, as one that a stopped program serves would be for ever.
 *
 * Source: linux/openat2.h, linux/stat.h.
 */
import { at } from '../at.ts';
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SYS_statx = 332;
const SYS_openat2 = 437;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_SIZE = 0x200;
const STATX_MNT_ID = 0x1000;
const WANTED = STATX_BASIC_STATS | STATX_MNT_ID;
/** Of stx_blocks. */
const S_BLKSIZE = 512;
const RESOLVE_CACHED = 0x20;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const TYPES: ReadonlyMap<number, FileType> = new Map([
  [0o010000, 'pipe'],
  [0o020000, 'device'],
  [0o100000, 'regular'],
  [0o140000, 'socket'],
]);
/** struct open_how: flags, mode, resolve. */
const HOW_SIZE = 24;
const STATX_BYTES = 256;

const openCall = declare('long syscall(long, int, uint64_t, uint64_t, ulong)');
const statxCall = declare('long syscall(long, int, const char *, int, uint, uint64_t)');
const how = new NativeBuffer(HOW_SIZE);
const told = new NativeBuffer(STATX_BYTES);

/** What is told of a file; numbers of devices are made up as in `Stats` of node:fs. */
export interface FileStatus {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly ino: number;
  readonly dev: number;
  readonly rdev: number;
}

export interface WholeStatus extends FileStatus {
  /** Names that it has: 0 when it is deleted. */
  readonly links: number;
  /** What it takes up. */
  readonly spaceBytes: number;
  /** As in fdinfo; 0 before Linux 5.8. */
  readonly mountId: number;
}

/** `device`: a character device. */
export type FileType = 'pipe' | 'device' | 'regular' | 'socket' | 'other';

export function typeOf({ mode }: FileStatus): FileType {
  return TYPES.get(mode & S_IFMT) ?? 'other';
}

export function isDirectory({ mode }: FileStatus): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

/**
 * `openat2(directory, path, O_PATH, RESOLVE_CACHED)`: a descriptor that leads to what the kernel
 * knows to be at `path` (relative), or minus errno: EAGAIN where it would have to ask.
 */
export function openCached(directory: number, path: Buffer): number {
  const name = new NativeBuffer(path.length + 1);
  path.copy(name.bytes);
  how.setUint64(0, O_PATH | O_CLOEXEC);
  how.setUint64(16, RESOLVE_CACHED);
  const result = openCall(SYS_openat2, directory, name.address, how.address, HOW_SIZE);
  const fd = toNumber(result);
  return fd < 0 ? -errnoNow() : fd;
}

/** Of a descriptor of ours, what is known; undefined: nothing. */
export function statKnown(fd: number): WholeStatus | undefined {
  return tell(fd, '', AT_EMPTY_PATH);
}

/** The size of what a descriptor of ours leads to; 0: none, or not known. */
export function readSize(fd: number): number {
  const result = statxCall(SYS_statx, fd, '', AT_EMPTY_PATH, STATX_SIZE, told.address);
  return toNumber(result) === 0 ? told.getUint64(40) : 0;
}

/** When what a descriptor of ours leads to was made or its mode changed: ns; 0: not known. */
export function readChangeTimeNs(fd: number): bigint {
  const result = statxCall(SYS_statx, fd, '', AT_EMPTY_PATH, STATX_BASIC_STATS, told.address);
  if (toNumber(result) !== 0) return 0n;
  return BigInt(told.getUint64(96)) * 1_000_000_000n + BigInt(at(told.words, 26));
}

/** Of what a link in /proc leads to. */
export function statKnownLink(link: string): WholeStatus | undefined {
  return tell(AT_FDCWD, link, 0);
}

function tell(fd: number, path: string, flags: number): WholeStatus | undefined {
  const given = flags | AT_STATX_DONT_SYNC;
  const result = statxCall(SYS_statx, fd, path, given, WANTED, told.address);
  if (toNumber(result) !== 0) return undefined;
  const { words, bytes } = told;
  return {
    mode: bytes.readUInt16LE(28),
    links: at(words, 4),
    spaceBytes: told.getUint64(48) * S_BLKSIZE,
    mountId: (at(words, 0) & STATX_MNT_ID) === 0 ? 0 : told.getUint64(144),
    uid: at(words, 5),
    gid: at(words, 6),
    ino: told.getUint64(32),
    dev: makeDevice(at(words, 34), at(words, 35)),
    rdev: makeDevice(at(words, 32), at(words, 33)),
  };
}

/** The number of a device as /proc/PID/maps prints it: 00:1a. */
export function deviceName(dev: number): string {
  const minor = (dev & 0xff) + (Math.floor(dev / 2 ** 12) & ~0xff);
  const major = (dev >> 8) & 0xfff;
  return `${hex(major)}:${hex(minor)}`;
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0');
}

/** The number of a device as `FileStatus` has it. */
export function makeDevice(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 2 ** 8 + (minor & ~0xff) * 2 ** 12;
}
