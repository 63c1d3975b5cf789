/**
 * Reads /proc/PID/fd and /proc/PID/fdinfo: which descriptors a process has, and what is told of
 * each.
 *
 * What cannot be read is an error, never an absence: a descriptor that was overlooked at a point
 * would be closed in a rollback as if it were new. Absent is only what the kernel says is absent.
 *
 * Files of fdinfo stay open, since they tell of whatever a number leads to at the moment; but only
 * so many, for the supervisor's own limit counts for all that it does.
 *
 * What reads as it did is not taken apart again: its bytes are compared, here and by `isAsNoted`.
 */
import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { SyscallError } from '../../errors.ts';
import {
  close,
  getdents64,
  lseek,
  open,
  openOrThrow,
  O_RDONLY,
  pread,
  SEEK_SET,
} from '../../sys/file.ts';
import { readHandle } from '../../sys/file-handle.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { readSize } from '../../sys/statx.ts';
import type { Task } from '../../tracee/target-memory.ts';
import { accessOf, type DescriptorImage } from './descriptor-image.ts';
import { readDescriptorLimit } from './descriptor-limit.ts';

const { EMFILE, ENFILE, ENOENT } = constants.errno;
const DIRENT_SIZE = 64 * 1024;
const INFO_SIZE = 4096;
/** Chosen: five short lines, a lock or two; what is longer is taken apart each time. */
const NOTED_MAX = 256;
/** Chosen: an epoll set of 100,000 descriptors; what is longer is taken for damaged. */
const INFO_MAX = 16 << 20;
/** Chosen: beyond so many a file is opened for each reading. */
const KEPT_MAX = 16_384;
/** Chosen: the share of the supervisor's own limit that one process may take. */
const KEPT_SHARE = 0.5;
const NAME_OFFSET = 19;
/** So many are exact in a number. */
const DIGITS_MAX = 15;
const CHAR_0 = 48;
const CHAR_9 = 57;
const CHAR_MINUS = 45;
const CHAR_DOT = 46;
const CHAR_COLON = 58;
const CHAR_NEWLINE = 10;

/** What every file of fdinfo begins with. */
export interface ToldOfAll {
  /** A bigint only where a number would not be exact: big sparse files, hashed directories. */
  position: number | bigint;
  flags: number;
  mountId: number;
  /** 0 before Linux 5.14. */
  inode: number;
}

export class DescriptorReader {
  /** What the last `readInfo` read. */
  readonly told: ToldOfAll = { position: 0, flags: 0, mountId: 0, inode: 0 };
  private restAt = 0;
  private size = 0;
  private info = new NativeBuffer(INFO_SIZE);
  private readonly task: Task;
  /** Through which everything was opened. */
  private tid: number;
  private directoryFd: number;
  private readonly entries = new NativeBuffer(DIRENT_SIZE);
  /** Of the directory as it was listed last: its entries, where one call gave all, and numbers. */
  private listed = Buffer.alloc(0);
  private fds: readonly number[] = [];
  private readonly kept = new Map<number, number>();
  private keptMax: number;

  constructor(task: Task) {
    this.task = task;
    this.tid = task.living;
    this.directoryFd = openOrThrow(`/proc/${this.tid}/fd`, O_RDONLY);
    this.keptMax = Math.min(KEPT_MAX, Math.floor(readDescriptorLimit('self').soft * KEPT_SHARE));
  }

  /**
   * The numbers that were listed last, if there are as many now: if each of them is still open,
   * they are all there are. Undefined: not so, or nothing tells how many there are.
   */
  listAsBefore(): readonly number[] | undefined {
    if (this.tid !== this.task.living) return undefined;
    return readSize(this.directoryFd) === this.fds.length ? this.fds : undefined;
  }

  /** The numbers of all open descriptors, ascending. The same array when it reads as last time. */
  list(): readonly number[] {
    if (this.tid !== this.task.living) this.openAnew();
    lseek(this.directoryFd, 0, SEEK_SET);
    const size = this.readEntries();
    const { listed, entries } = this;
    const isSame = size === listed.length && entries.bytes.compare(listed, 0, size, 0, size) === 0;
    if (!isSame) this.takeFirst(size);
    // Only an empty answer is the end: a signal of ours can have cut this one short.
    const next = size === 0 ? 0 : this.readEntries();
    if (next > 0) this.takeRest(next);
    if (this.kept.size > this.fds.length) this.forgetAllBut(this.fds);
    return this.fds;
  }

  private takeFirst(size: number): void {
    this.listed = Buffer.from(this.entries.bytes.subarray(0, size));
    this.fds = this.parseEntries(size).sort(ascending);
  }

  /** Comparing what the first call gave tells nothing then. */
  private takeRest(first: number): void {
    const fds = [...this.fds];
    for (let size = first; size > 0; size = this.readEntries())
      fds.push(...this.parseEntries(size));
    this.listed = Buffer.alloc(0);
    this.fds = fds.sort(ascending);
  }

  private readEntries(): number {
    const size = getdents64(this.directoryFd, this.entries.address, DIRENT_SIZE);
    if (size < 0) throw cannotRead(`/proc/${this.tid}/fd`, 'getdents64', -size);
    return size;
  }

  private parseEntries(size: number): number[] {
    const fds: number[] = [];
    const { bytes } = this.entries;
    for (let at = 0; at < size; at += bytes.readUInt16LE(at + 16)) {
      if (bytes[at + NAME_OFFSET] !== CHAR_DOT) fds.push(parseNumber(bytes, at + NAME_OFFSET));
    }
    return fds;
  }

  /** Read /proc/PID/fdinfo/N; false when there is no such descriptor. */
  read(fd: number): boolean {
    this.size = this.readText(fd);
    return this.size > 0;
  }

  /** Whether what was read reads like this. */
  isAsNoted(text: Buffer): boolean {
    const { size } = this;
    return text.length === size && this.info.bytes.compare(text, 0, size, 0, size) === 0;
  }

  /** What was read, to be compared later; undefined: it is too long for that. */
  note(): Buffer | undefined {
    return this.size > NOTED_MAX ? undefined : Buffer.from(this.info.bytes.subarray(0, this.size));
  }

  /** Read /proc/PID/fdinfo/N into `told` and `rest`; false when there is no such descriptor. */
  readInfo(fd: number): boolean {
    if (!this.read(fd)) return false;
    this.takeApart();
    return true;
  }

  /** Put what was read into `told` and `rest`. */
  takeApart(): void {
    const { told } = this;
    this.restAt = 0;
    told.position = this.nextPosition();
    told.flags = this.nextNumber(8);
    told.mountId = this.nextNumber();
    told.inode = this.nextNumber();
  }

  /** What this kind of file adds: whole lines, valid until the next `readInfo`. */
  get rest(): Buffer {
    return this.info.bytes.subarray(this.restAt, this.size);
  }

  /** As `nextNumber`, of all 64 bits: what is long or negative takes a BigInt. */
  private nextPosition(): number | bigint {
    const { bytes } = this.info;
    const newline = bytes.indexOf(CHAR_NEWLINE, 0);
    const at = bytes.indexOf(CHAR_COLON, 0) + 2;
    if (newline - at <= DIGITS_MAX && bytes[at] !== CHAR_MINUS) return this.nextNumber();
    this.restAt = newline + 1;
    const value = BigInt(bytes.toString('latin1', at, newline));
    const rounded = Number(value);
    return Number.isSafeInteger(rounded) ? rounded : value;
  }

  /** The number on the next line, which is passed. */
  private nextNumber(base = 10): number {
    const { bytes } = this.info;
    const colon = bytes.indexOf(CHAR_COLON, this.restAt);
    const newline = bytes.indexOf(CHAR_NEWLINE, this.restAt);
    if (colon < 0 || newline < colon || newline >= this.size) return 0;
    this.restAt = newline + 1;
    return parseNumber(bytes, colon + 2, base);
  }

  private readText(fd: number): number {
    const file = this.openInfo(fd);
    if (file === 0) return 0;
    try {
      let size = pread(file, this.info.address, this.info.bytes.length, 0);
      while (size === this.info.bytes.length && size < INFO_MAX) {
        this.info = new NativeBuffer(size * 2);
        size = pread(file, this.info.address, this.info.bytes.length, 0);
      }
      if (size === -ENOENT || size === 0) return 0;
      if (size < 0) throw cannotRead(this.infoPath(fd), 'pread', -size);
      return size;
    } finally {
      if (this.kept.get(fd) !== file) close(file);
    }
  }

  /** What /proc/PID/fd/N leads to, as latin1; undefined when there is no such descriptor. */
  readLink(fd: number): string | undefined {
    try {
      return readlinkSync(`/proc/${this.tid}/fd/${fd}`, 'latin1');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** What tells the file from others that have had its inode number; empty: nothing does. */
  readHandle(fd: number): string {
    return readHandle(this.directoryFd, String(fd));
  }

  /** Whether the number leads to the file of the image, with the same rights. */
  leadsTo(fd: number, image: DescriptorImage): boolean {
    if (!this.readInfo(fd)) return false;
    const { told } = this;
    const isSame = told.inode === image.inode && told.mountId === image.mountId;
    const isIts = isSame && accessOf(told.flags) === accessOf(image.flags);
    return isIts && (image.handle === '' || this.readHandle(fd) === image.handle);
  }

  close(): void {
    this.forgetAllBut([]);
    close(this.directoryFd);
  }

  /** The thread has ended, and shows nothing any more. */
  private openAnew(): void {
    this.close();
    this.tid = this.task.living;
    this.directoryFd = openOrThrow(`/proc/${this.tid}/fd`, O_RDONLY);
  }

  private infoPath(fd: number): string {
    return `/proc/${this.tid}/fdinfo/${fd}`;
  }

  private openInfo(fd: number): number {
    const known = this.kept.get(fd);
    if (known !== undefined) return known;
    let file = open(this.infoPath(fd), O_RDONLY);
    if (file === -EMFILE || file === -ENFILE) {
      this.forgetAllBut([]);
      this.keptMax = 0;
      file = open(this.infoPath(fd), O_RDONLY);
    }
    if (file === -ENOENT) return 0;
    if (file < 0) throw cannotRead(this.infoPath(fd), 'open', -file);
    if (this.kept.size < this.keptMax) this.kept.set(fd, file);
    return file;
  }

  private forgetAllBut(fds: readonly number[]): void {
    const wanted = new Set(fds);
    for (const [fd, file] of this.kept) {
      if (wanted.has(fd)) continue;
      close(file);
      this.kept.delete(fd);
    }
  }
}

function ascending(one: number, other: number): number {
  return one - other;
}

/** A number that anything but a digit ends. */
function parseNumber(bytes: Buffer, at: number, base = 10): number {
  let value = 0;
  for (let index = at; ; index += 1) {
    const digit = bytes[index] ?? 0;
    if (digit < CHAR_0 || digit > CHAR_9) return value;
    value = value * base + digit - CHAR_0;
  }
}

function cannotRead(path: string, syscall: string, errno: number): SyscallError {
  return new SyscallError(`cannot read ${path}`, { syscall, errno, path });
}
