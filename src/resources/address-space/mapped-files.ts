/**
 * Files behind mappings, for mapping them again after the program has unmapped them.
 *
 * Most are opened by their path once more. A file that no path leads to any more (deleted,
 * replaced, a memfd) is held open from the first point that sees it mapped, and handed over to the
 * program by pidfd_getfd(2). It is found through map_files, which takes privilege, or
 * else among the program's own descriptors.
 */
import { readdirSync, statSync } from 'node:fs';
import type { Mapping } from '../../procfs/maps.ts';
import { close, open, O_RDONLY, O_RDWR } from '../../sys/file.ts';
import { pidfdGetfd } from '../../sys/pidfd.ts';

/** Mapping /dev/zero is as good as mapping nothing: makedev(1, 5). */
const DEV_ZERO = 0x105;

export class MappedFiles {
  private readonly pid: number;
  private readonly pidfd: number;
  /** Our descriptor of each file that is held, by device and inode; -1: it could not be had. */
  private readonly held = new Map<string, number>();

  constructor(pid: number, pidfd: number) {
    this.pid = pid;
    this.pidfd = pidfd;
  }

  /** Hold what could not be opened again. */
  hold(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) {
      if (mapping.inode === 0 || this.held.has(keyOf(mapping))) continue;
      if (!this.isAtPath(mapping)) this.held.set(keyOf(mapping), this.take(mapping));
    }
  }

  /** Our descriptor of a file that is held; -1: there is none, its path must do. */
  heldDescriptor(mapping: Mapping): number {
    return this.held.get(keyOf(mapping)) ?? -1;
  }

  close(): void {
    for (const fd of this.held.values()) if (fd >= 0) close(fd);
    this.held.clear();
  }

  private isAtPath(mapping: Mapping): boolean {
    if (!mapping.path.startsWith('/')) return false;
    try {
      const file = statSync(`/proc/${this.pid}/root${mapping.path}`);
      // To open anything else can wait, or do something.
      return file.ino === mapping.inode && (file.isFile() || file.rdev === DEV_ZERO);
    } catch {
      return false;
    }
  }

  private take(mapping: Mapping): number {
    const { start, end } = mapping;
    const link = `/proc/${this.pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
    const writable = mapping.shared ? open(link, O_RDWR) : -1;
    const fd = writable >= 0 ? writable : open(link, O_RDONLY);
    return fd >= 0 ? fd : this.takeFromProgram(mapping);
  }

  private takeFromProgram(mapping: Mapping): number {
    try {
      for (const name of readdirSync(`/proc/${this.pid}/fd`)) {
        const { ino } = statSync(`/proc/${this.pid}/fd/${name}`);
        if (ino === mapping.inode) return pidfdGetfd(this.pidfd, Number(name));
      }
    } catch {
      return -1;
    }
    return -1;
  }
}

function keyOf(mapping: Mapping): string {
  return `${mapping.device}/${mapping.inode}`;
}
