/**
 * Files behind mappings, for mapping them again after the program has unmapped them.
 *
 * Most the program opens by their path once more, where that still leads to the same file: by its
 * handle, since a number comes again when its file is deleted. A file that it could not open so
 * (deleted, replaced, a memfd, or one that its rights do not reach) is held open from the first
 * point that sees it mapped until the last point that does is gone. It is found through map_files,
 * which takes privilege, or else among the program's own descriptors.
 *
 * Invariants
 * 1. A path is for the program to open: with our rights it would lead to what it may not have.
 * 2. A file that is held is opened as the mapping was, or for less.
 * 3. It is given back only to the rights that the program had at the point, or to such as may open
 *    it anyway.
 */
import { fstatSync, readFileSync, readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { parseFdInfo } from '../../procfs/fdinfo.ts';
import { hasObject, type Mapping } from '../../procfs/maps.ts';
import { parseMountDevices } from '../../procfs/mountinfo.ts';
import { AT_FDCWD, O_ACCMODE } from '../../sys/descriptor-flags.ts';
import { close, O_RDONLY, O_RDWR, openBytes } from '../../sys/file.ts';
import { readHandle } from '../../sys/file-handle.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import type { Task } from '../../tracee/target-memory.ts';
import { OwnRights } from '../own-rights.ts';
import type { Access } from './access.ts';
import type { MappingTable } from './mapping-table.ts';

/** Files held at once. Chosen: a quarter of the usual limit; what is more is refused by name. */
const HELD_MAX = 256;
/** Nothing that a path can lead to may block or become our terminal. */
const O_NONBLOCK_NOCTTY = 0o4400;

/** Mapping /dev/zero is as good as mapping nothing: makedev(1, 5). */
const DEV_ZERO = 0x105;

const ENOENT = 2;
const EACCES = 13;

interface Known {
  /** Our descriptor for it; undefined: the program opens it by its path. */
  readonly fd: number | undefined;
  /** What the path led to; empty: its file system does not tell. */
  readonly handle: string;
  /** The rights that the program had when each was first seen. */
  readonly tables: Map<MappingTable, string>;
}

export class MappedFiles {
  private readonly task: Task;
  /** By device, inode and access: the files that had that number, one after the other. */
  private readonly known = new Map<string, Known[]>();
  private heldCount = 0;

  constructor(task: Task) {
    this.task = task;
  }

  /** Know the files again, and hold what the program could not open again. */
  note(table: MappingTable, accessOf: (mapping: Mapping) => Access): void {
    const files = table.mappings.filter(hasObject);
    if (files.length === 0) return;
    const rights = new OwnRights(this.task.living);
    const looked = new Set<string>();
    for (const mapping of files) {
      const access = accessOf(mapping);
      const key = keyOf(mapping, access);
      if (looked.has(key)) continue;
      looked.add(key);
      const known = this.meet(mapping, access, rights);
      if (known?.tables.has(table) === false) known.tables.set(table, rights.text);
    }
  }

  /** What is to be remembered of a file that is mapped now; undefined: there is no way to it. */
  private meet(mapping: Mapping, access: Access, rights: OwnRights): Known | undefined {
    const key = keyOf(mapping, access);
    const files = this.known.get(key) ?? [];
    const held = files.find(({ fd }) => fd !== undefined);
    // While we hold it, no other has its number.
    if (held !== undefined) return held;
    const isInReach = this.isInReach(mapping, access, rights);
    const handle = isInReach ? this.handleOf(mapping) : '';
    const met = isInReach ? files.find((file) => file.handle === handle) : undefined;
    if (met !== undefined) return met;
    const fd = isInReach ? undefined : this.hold(mapping, access);
    if (!isInReach && fd === undefined) return undefined;
    const known = { fd, handle, tables: new Map<MappingTable, string>() };
    this.known.set(key, [...files, known]);
    return known;
  }

  private hold(mapping: Mapping, access: Access): number | undefined {
    if (this.heldCount >= HELD_MAX) return undefined;
    const fd = this.take(mapping, access);
    if (fd < 0) return undefined;
    this.heldCount += 1;
    return fd;
  }

  private handleOf(mapping: Mapping): string {
    const path = this.pathBelowRoot(mapping);
    return path === undefined ? '' : readHandle(AT_FDCWD, this.asWeSee(path));
  }

  /** No point has this table any more. */
  release(table: MappingTable): void {
    for (const [key, files] of this.known) {
      const left = files.filter(({ tables }) => !tables.delete(table) || tables.size > 0);
      if (left.length === files.length) continue;
      for (const { fd, tables } of files) {
        if (fd === undefined || tables.size > 0) continue;
        close(fd);
        this.heldCount -= 1;
      }
      if (left.length > 0) this.known.set(key, left);
      else this.known.delete(key);
    }
  }

  /** What was mapped at a point with this table. */
  private knownAt(table: MappingTable, mapping: Mapping, access: Access): Known | undefined {
    return this.known.get(keyOf(mapping, access))?.find(({ tables }) => tables.has(table));
  }

  /** A descriptor of ours for the file, to be given to the program; undefined: it is not held. */
  findHeld(table: MappingTable, mapping: Mapping, access: Access): number | undefined {
    const known = this.knownAt(table, mapping, access);
    if (known?.fd === undefined) return undefined;
    const rights = new OwnRights(this.task.living);
    const isAllowed =
      known.tables.get(table) === rights.text ||
      rights.mayOpen(fstatSync(known.fd), access === 'write');
    return isAllowed ? known.fd : -EACCES;
  }

  close(): void {
    for (const { fd } of [...this.known.values()].flat()) if (fd !== undefined) close(fd);
    this.known.clear();
  }

  /** A path by which the program can open the file, if its rights let it. */
  findPath(table: MappingTable, mapping: Mapping, access: Access): Buffer | undefined {
    const path = this.pathBelowRoot(mapping);
    const file = path === undefined ? undefined : this.lookAt(path);
    if (file === undefined || !isFileOf(mapping, file) || !isHarmless(file)) return undefined;
    const known = this.knownAt(table, mapping, access);
    const isSame = known === undefined || known.handle === this.handleOf(mapping);
    return isSame ? path : undefined;
  }

  /**
   * Shared mappings of `table` that show another file by now, which has path and inode number of
   * the one that was first seen there. A file that is held keeps its number.
   */
  findReplaced(table: MappingTable, accessOf: (mapping: Mapping) => Access): Mapping[] {
    return table.sharedFiles.filter((mapping) => {
      const known = this.knownAt(table, mapping, accessOf(mapping));
      if (known === undefined || known.fd !== undefined || known.handle === '') return false;
      const path = this.pathBelowRoot(mapping);
      const file = path === undefined ? undefined : this.lookAt(path);
      if (file === undefined || !isFileOf(mapping, file)) return false;
      return this.handleOf(mapping) !== known.handle;
    });
  }

  private isInReach(mapping: Mapping, access: Access, rights: OwnRights): boolean {
    const path = this.pathBelowRoot(mapping);
    const file = path === undefined ? undefined : this.lookAt(path);
    if (path === undefined || file === undefined) return false;
    if (!isFileOf(mapping, file) || !isHarmless(file)) return false;
    return rights.mayOpen(file, access === 'write') && rights.mayReach(this.asWeSee(path));
  }

  private lookAt(path: Buffer): Stats | undefined {
    return statOf(this.asWeSee(path));
  }

  private asWeSee(path: Buffer): Buffer {
    return Buffer.concat([Buffer.from(`/proc/${this.task.living}/root`), path]);
  }

  /** In /proc it reads as we would open it, however the program's root lies. */
  private pathBelowRoot({ path }: Mapping): Buffer | undefined {
    if (!path.startsWith('/')) return undefined;
    const root = readlinkSync(`/proc/${this.task.living}/root`, 'latin1');
    const isBelow = root !== '/' && path.startsWith(`${root}/`);
    return Buffer.from(isBelow ? path.slice(root.length) : path, 'latin1');
  }

  private take(mapping: Mapping, access: Access): number {
    const { start, end } = mapping;
    const name = `/proc/${this.task.living}/map_files/${start.toString(16)}-${end.toString(16)}`;
    const link = Buffer.from(name);
    const file = statOf(link);
    const isOpenable = file !== undefined && isHarmless(file);
    const fd = isOpenable ? openBytes(link, flagsOf(access)) : -ENOENT;
    return fd >= 0 ? fd : this.takeFromProgram(mapping, access);
  }

  private takeFromProgram(mapping: Mapping, access: Access): number {
    const directory = `/proc/${this.task.living}/fd`;
    try {
      const same = readdirSync(directory).filter((name) => {
        const file = statOf(Buffer.from(`${directory}/${name}`));
        return file !== undefined && isFileOf(mapping, file);
      });
      // All of the kernel's anonymous files have one inode: which of several it is, cannot be told.
      const isSure = same.length === 1 || mapping.path.startsWith('/');
      const name = same.find((each) => this.serves(Number(each), mapping, access)) ?? same[0];
      if (!isSure || name === undefined) return -ENOENT;
      if (this.serves(Number(name), mapping, access)) {
        return getDescriptor(this.task.living, Number(name));
      }
      return openBytes(Buffer.from(`${directory}/${name}`), flagsOf(access));
    } catch {
      return -ENOENT;
    }
  }

  /** Whether a descriptor of the program's is open just as the mapping's file was. */
  private serves(fd: number, { shared }: Mapping, access: Access): boolean {
    const text = readFileSync(`/proc/${this.task.living}/fdinfo/${fd}`, 'latin1');
    const mode = (parseFdInfo(text)?.flags ?? O_ACCMODE) & O_ACCMODE;
    return mode === (flagsOf(access) & O_ACCMODE) || (!shared && mode === O_RDWR);
  }
}

/** How a file is opened to be mapped. */
export function flagsOf(access: Access): number {
  return (access === 'write' ? O_RDWR : O_RDONLY) | O_NONBLOCK_NOCTTY;
}

export function keyOf(mapping: Mapping, access: Access): string {
  return `${mapping.device}/${mapping.inode}/${access}`;
}

/** Whether descriptor `fd` of thread `tid` is of the mapping's file: surely, by its file system. */
export function leadsTo(mapping: Mapping, tid: number, fd: number): boolean {
  const file = statOf(Buffer.from(`/proc/${tid}/fd/${fd}`));
  if (file === undefined || !isFileOf(mapping, file)) return false;
  const info = parseFdInfo(readFileSync(`/proc/${tid}/fdinfo/${fd}`, 'latin1'));
  const mounts = parseMountDevices(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'));
  const device = info === undefined ? undefined : mounts.get(info.mountId);
  return device === undefined || device === mapping.device;
}

function statOf(path: Buffer): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function isFileOf(mapping: Mapping, file: Stats): boolean {
  return file.ino === mapping.inode && isDeviceOf(mapping, file);
}

/** To open anything else can wait, or do something. */
function isHarmless(file: Stats): boolean {
  return file.isFile() || file.rdev === DEV_ZERO;
}

/**
 * maps shows the file system's device. Where that is no real one (major 0), a file system may show
 * other devices to stat(2), as btrfs and overlayfs do.
 */
function isDeviceOf(mapping: Mapping, { dev }: Stats): boolean {
  const [major = 0, minor = 0] = numbersOf(mapping);
  if (major === 0) return true;
  return dev === ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) * 2 ** 12));
}

function numbersOf({ device }: Mapping): number[] {
  return device.split(':').map((part) => Number.parseInt(part, 16));
}
