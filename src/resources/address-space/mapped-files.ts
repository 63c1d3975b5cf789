/**
 * Files behind mappings, for mapping them again after the program has unmapped them.
 *
 * Most are opened by their path once more. A file that no path leads to any more (deleted,
 * replaced, a memfd) is held open from the first point that sees it mapped until the last point
 * that does is gone. It is found through map_files, which takes privilege, or else among the
 * program's own descriptors. What a path leads to is what was mapped only if device and inode are.
 */
import { readdirSync, statSync, type Stats } from 'node:fs';
import type { Mapping } from '../../procfs/maps.ts';
import { close, O_RDONLY, O_RDWR, openBytes } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import type { MappingTable } from './mapping-table.ts';
import type { Task } from '../../tracee/target-memory.ts';

/** Files held at once. Chosen: a quarter of the usual limit; what is more is refused by name. */
const HELD_MAX = 256;
/** Nothing that a path can lead to may block or become our terminal. */
const O_NONBLOCK_NOCTTY = 0o4400;

/** Mapping /dev/zero is as good as mapping nothing: makedev(1, 5). */
const DEV_ZERO = 0x105;

/** Whether a shared mapping's file must be writable, as far as that is known. */
export type Access = 'read' | 'write' | 'either';

interface Held {
  readonly fd: number;
  readonly tables: Set<MappingTable>;
}

export class MappedFiles {
  private readonly task: Task;
  /** By device and inode. */
  private readonly held = new Map<string, Held>();

  constructor(task: Task) {
    this.task = task;
  }

  /** Hold what could not be opened again. */
  hold(table: MappingTable, accessOf: (mapping: Mapping) => Access): void {
    for (const mapping of table.mappings) {
      if (mapping.inode === 0) continue;
      const known = this.held.get(keyOf(mapping));
      if (known !== undefined) known.tables.add(table);
      else if (this.held.size < HELD_MAX && this.findPath(mapping) === undefined) {
        const fd = this.take(mapping, accessOf(mapping));
        if (fd >= 0) this.held.set(keyOf(mapping), { fd, tables: new Set([table]) });
      }
    }
  }

  /** No point has this table any more. */
  release(table: MappingTable): void {
    for (const [key, { fd, tables }] of this.held) {
      if (!tables.delete(table) || tables.size > 0) continue;
      close(fd);
      this.held.delete(key);
    }
  }

  /** Have `work` use a descriptor of ours for the mapping's file, or minus errno. */
  use<Result>(mapping: Mapping, access: Access, work: (fd: number) => Result): Result {
    const held = this.held.get(keyOf(mapping));
    if (held !== undefined) return work(held.fd);
    const path = this.findPath(mapping);
    const fd = path === undefined ? -ENOENT : openEither(path, access);
    try {
      return work(fd);
    } finally {
      if (fd >= 0) close(fd);
    }
  }

  close(): void {
    for (const { fd } of this.held.values()) close(fd);
    this.held.clear();
  }

  /** A path that leads to the file: as the program sees it, or as we do. */
  private findPath(mapping: Mapping): Buffer | undefined {
    if (!mapping.path.startsWith('/')) return undefined;
    const own = Buffer.from(mapping.path, 'latin1');
    const theirs = Buffer.concat([Buffer.from(`/proc/${this.task.living}/root`), own]);
    return [theirs, own].find((path) => isFileOf(mapping, path) && isHarmless(path));
  }

  private take(mapping: Mapping, access: Access): number {
    const { start, end } = mapping;
    const link = `/proc/${this.task.living}/map_files/${start.toString(16)}-${end.toString(16)}`;
    const fd = openEither(Buffer.from(link), access);
    return fd >= 0 ? fd : this.takeFromProgram(mapping);
  }

  private takeFromProgram(mapping: Mapping): number {
    const directory = `/proc/${this.task.living}/fd`;
    try {
      const same = readdirSync(directory).filter((name) => {
        return isFileOf(mapping, Buffer.from(`${directory}/${name}`));
      });
      // All of the kernel's anonymous files have one inode: which of several it is, cannot be told.
      const isSure = same.length === 1 || mapping.path.startsWith('/');
      return isSure ? getDescriptor(this.task.living, Number(same[0] ?? -1)) : -ENOENT;
    } catch {
      return -ENOENT;
    }
  }
}

const ENOENT = 2;

export function keyOf(mapping: Mapping): string {
  return `${mapping.device}/${mapping.inode}`;
}

function openEither(path: Buffer, access: Access): number {
  const writable = access === 'read' ? -1 : openBytes(path, O_RDWR | O_NONBLOCK_NOCTTY);
  if (writable >= 0 || access === 'write') return writable;
  return openBytes(path, O_RDONLY | O_NONBLOCK_NOCTTY);
}

function isFileOf(mapping: Mapping, path: Buffer): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.ino === mapping.inode && isDeviceOf(mapping, found);
}

/** To open anything else can wait, or do something. */
function isHarmless(path: Buffer): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isFile() === true || file?.rdev === DEV_ZERO;
}

/**
 * maps shows the file system's device. Where that is no real one (major 0), a file system may show
 * other devices to stat(2), as btrfs and overlayfs do.
 */
function isDeviceOf(mapping: Mapping, { dev }: Stats): boolean {
  const [major = 0, minor = 0] = mapping.device.split(':').map((part) => Number.parseInt(part, 16));
  if (major === 0) return true;
  return dev === ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) * 2 ** 12));
}
