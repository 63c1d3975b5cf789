/**
 * The descriptors resource, its simple part: regular files that were open get their offset back,
 * and descriptors opened since are closed, so that no stale one keeps an event loop busy.
 *
 * What was closed since, or is another file now, is reported by number; it does not come back yet.
 */
import { fstatSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
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
import { NativeBuffer } from '../../sys/libc.ts';
import { pidfdGetfd } from '../../sys/pidfd.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

const DIRENT_SIZE = 64 * 1024;
const INFO_SIZE = 4096;
const CHAR_0 = 48;
const CHAR_9 = 57;
const CHAR_DOT = 46;
const NAME_OFFSET = 19;
const VERSION = 1;

/** One descriptor: what it points to, and where in it. */
export interface DescriptorImage {
  readonly fd: number;
  readonly position: number;
  readonly inode: number;
  readonly flags: number;
}

export type DescriptorsImage = readonly DescriptorImage[];

export class Descriptors implements Resource<DescriptorsImage, DescriptorsImage> {
  readonly name = 'descriptors';
  private readonly pid: number;
  private readonly pidfd: number;
  private readonly directoryFd: number;
  private readonly entries = new NativeBuffer(DIRENT_SIZE);
  private readonly info = new NativeBuffer(INFO_SIZE);
  private readonly infoFds = new Map<number, number>();
  private readonly images = new Map<number, DescriptorImage>();
  private last: DescriptorsImage = [];

  constructor(pid: number, pidfd: number) {
    this.pid = pid;
    this.pidfd = pidfd;
    this.directoryFd = openOrThrow(`/proc/${pid}/fd`, O_RDONLY);
  }

  /** All descriptors, ascending. The same array as last time when nothing changed. */
  capture(): DescriptorsImage {
    const fds = this.listDescriptors();
    let isSame = fds.length === this.last.length;
    for (let index = 0; index < fds.length; index += 1) {
      const image = this.readImage(fds[index] ?? 0);
      if (image !== this.last[index]) isSame = false;
    }
    if (isSame) return this.last;
    this.last = fds.flatMap((fd) => this.images.get(fd) ?? []);
    return this.last;
  }

  prepare(_stopped: Stopped, image: DescriptorsImage): DescriptorsImage {
    return image;
  }

  apply(stopped: Stopped, wanted: DescriptorsImage): Applied {
    const now = this.capture();
    if (now === wanted) return {};
    const lost: Named[] = [];
    const lose = (text: string): void => {
      lost.push({ bit: LOST.descriptors, text });
    };
    const byNumber = new Map(now.map((image) => [image.fd, image]));
    for (const image of wanted) {
      const present = byNumber.get(image.fd);
      byNumber.delete(image.fd);
      if (present === undefined) lose(`descriptor ${image.fd} was closed since`);
      else if (present.inode !== image.inode) lose(`descriptor ${image.fd} is another file`);
      else if (present.position !== image.position) this.seek(image);
    }
    const extra = [...byNumber.keys()].sort((a, b) => a - b);
    this.closeAll(extra, stopped.remote);
    return { counts: { descriptorsClosed: extra.length }, lost };
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: DescriptorsImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): DescriptorsImage {
    return decodeImage(VERSION, bytes) as DescriptorsImage;
  }

  close(): void {
    for (const fd of this.infoFds.values()) close(fd);
    this.infoFds.clear();
    close(this.directoryFd);
  }

  private closeAll(fds: readonly number[], remote: RemoteSource): void {
    for (let index = 0; index < fds.length;) {
      const first = fds[index] ?? 0;
      let last = first;
      for (index += 1; fds[index] === last + 1; index += 1) last += 1;
      remote().calls.call(SYS.close_range, first, last, 0);
    }
  }

  /** Move the shared offset through a copy of the descriptor: only files that have one. */
  private seek(image: DescriptorImage): void {
    const copy = pidfdGetfd(this.pidfd, image.fd);
    if (copy < 0) return;
    if (fstatSync(copy).isFile()) lseek(copy, image.position, SEEK_SET);
    close(copy);
  }

  private listDescriptors(): number[] {
    const fds: number[] = [];
    lseek(this.directoryFd, 0, SEEK_SET);
    for (;;) {
      const size = getdents64(this.directoryFd, this.entries.address, DIRENT_SIZE);
      if (size <= 0) return fds.sort((a, b) => a - b);
      const { bytes } = this.entries;
      for (let at = 0; at < size; at += bytes.readUInt16LE(at + 16)) {
        const fd = parseNumber(bytes, at + NAME_OFFSET);
        if (fd >= 0) fds.push(fd);
      }
    }
  }

  private readImage(fd: number): DescriptorImage | undefined {
    const size = this.readInfo(fd);
    if (size <= 0) return undefined;
    const { bytes } = this.info;
    const position = field(bytes, size, 0);
    const flags = field(bytes, size, 1);
    const inode = field(bytes, size, 3);
    const known = this.images.get(fd);
    if (known?.position === position && known.inode === inode && known.flags === flags) {
      return known;
    }
    const image = { fd, position, inode, flags };
    this.images.set(fd, image);
    return image;
  }

  /** /proc/PID/fdinfo/N by a descriptor that is kept: it tells of whatever N is at the moment. */
  private readInfo(fd: number): number {
    let infoFd = this.infoFds.get(fd);
    if (infoFd === undefined) {
      infoFd = open(`/proc/${this.pid}/fdinfo/${fd}`, O_RDONLY);
      if (infoFd < 0) return infoFd;
      this.infoFds.set(fd, infoFd);
    }
    return pread(infoFd, this.info.address, INFO_SIZE, 0);
  }
}

/** A decimal name that a zero byte ends; -1 for "." and "..". */
function parseNumber(bytes: Buffer, at: number): number {
  if (bytes[at] === CHAR_DOT) return -1;
  let value = 0;
  for (let index = at; ; index += 1) {
    const digit = bytes[index] ?? 0;
    if (digit < CHAR_0 || digit > CHAR_9) return value;
    value = value * 10 + digit - CHAR_0;
  }
}

/** The number on line `line` of fdinfo: pos, flags, mnt_id, ino. Other text is passed over. */
function field(bytes: Buffer, size: number, line: number): number {
  let at = 0;
  for (let skipped = 0; skipped < line; skipped += 1) {
    at = bytes.indexOf(10, at) + 1;
    if (at === 0 || at >= size) return -1;
  }
  while (at < size && !((bytes[at] ?? 0) >= CHAR_0 && (bytes[at] ?? 0) <= CHAR_9)) at += 1;
  return at >= size ? -1 : parseNumber(bytes, at);
}
