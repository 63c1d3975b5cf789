/**
 * Files behind mappings, for mapping them again after the program has unmapped them.
 *
 * Most the program opens by their path once more, where that still leads to the same file: by its
 * handle, since a number comes again when its file is deleted. A file that it could not open so
 * (deleted, replaced, a memfd, or one that its rights do not reach) is held from the first point
 * that sees it mapped until the last point that does is gone (held-file.ts).
 *
 * Invariants
 * 1. A path is for the program to open: with our rights it would lead to what it may not have.
 * 2. A file that is held is opened only to be given back, as the mapping was, or for less.
 * 3. It is given back only to the rights that the program had at the point, or to such as may open
 *    it anyway.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { parseFdInfo } from '../../procfs/fdinfo.ts';
import { hasObject, type Mapping } from '../../procfs/maps.ts';
import { parseMountDevices } from '../../procfs/mountinfo.ts';
import { BelayError } from '../../errors.ts';
import { close } from '../../sys/file.ts';
import { statKnown, statKnownLink, type FileStatus } from '../../sys/statx.ts';
import type { Task } from '../../tracee/target-memory.ts';
import { OwnRights } from '../own-rights.ts';
import { isServed, isServer, readServedMounts } from '../served-files.ts';
import type { Access } from './access.ts';
import { holdFile, isFileOf, isHarmless, openHeld } from './held-file.ts';
import { LookUp, type Found } from './look-up.ts';
import type { MappingTable } from './mapping-table.ts';

/** Files held at once. Chosen: a quarter of the usual limit; what is more is refused by name. */
const HELD_MAX = 256;
const EACCES = 13;

interface Known {
  /** What holds it; undefined: the program opens it by its path. */
  readonly fd: number | undefined;
  /** What the path led to; empty: its file system does not tell; undefined: it was not asked. */
  readonly handle: string | undefined;
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
    using lookUp = new LookUp(this.task.living);
    const looked = new Set<string>();
    for (const mapping of files) {
      const access = accessOf(mapping);
      const key = keyOf(mapping, access);
      if (looked.has(key)) continue;
      looked.add(key);
      const known = this.meet(mapping, access, rights, lookUp);
      if (known?.tables.has(table) === false) known.tables.set(table, rights.text);
    }
  }

  /** What is to be remembered of a file that is mapped now; undefined: there is no way to it. */
  private meet(
    mapping: Mapping,
    access: Access,
    rights: OwnRights,
    lookUp: LookUp,
  ): Known | undefined {
    const key = keyOf(mapping, access);
    const files = this.known.get(key) ?? [];
    const held = files.find(({ fd }) => fd !== undefined);
    // While we hold it, no other has its number.
    if (held !== undefined) return held;
    const found = this.findInReach(mapping, access, rights, lookUp);
    const handle = found === 'untold' ? undefined : (found?.handle ?? '');
    const isInReach = found !== undefined;
    const met = isInReach ? files.find((file) => file.handle === handle) : undefined;
    if (met !== undefined) return met;
    const fd = isInReach ? undefined : this.hold(mapping);
    if (!isInReach && fd === undefined) return undefined;
    const known = { fd, handle, tables: new Map<MappingTable, string>() };
    this.known.set(key, [...files, known]);
    return known;
  }

  private hold(mapping: Mapping): number | undefined {
    if (this.heldCount >= HELD_MAX) return undefined;
    const fd = holdFile(this.task.living, mapping);
    if (fd < 0) return undefined;
    this.heldCount += 1;
    return fd;
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

  /** Our file, opened to be given to the program, or minus errno; undefined: it is not held. */
  openHeld(table: MappingTable, mapping: Mapping, access: Access): number | undefined {
    const known = this.knownAt(table, mapping, access);
    if (known?.fd === undefined) return undefined;
    const path = this.pathBelowRoot(mapping);
    if (path !== undefined) this.refuseOwn(path);
    const rights = new OwnRights(this.task.living);
    const isAllowed =
      known.tables.get(table) === rights.text || this.mayOpen(rights, known.fd, access);
    return isAllowed ? openHeld(known.fd, mapping, access) : -EACCES;
  }

  close(): void {
    for (const { fd } of [...this.known.values()].flat()) if (fd !== undefined) close(fd);
    this.known.clear();
  }

  private mayOpen(rights: OwnRights, fd: number, access: Access): boolean {
    const status = statKnown(fd);
    return status !== undefined && rights.mayOpen(status, access === 'write');
  }

  /** A path by which the program can open the file, if its rights let it. */
  findPath(table: MappingTable, mapping: Mapping, access: Access): Buffer | undefined {
    const path = this.pathBelowRoot(mapping);
    if (path === undefined) return undefined;
    this.refuseOwn(path);
    using lookUp = new LookUp(this.task.living);
    const found = lookUp.ask(path);
    if (found === undefined || !isItself(mapping, found)) return undefined;
    const known = this.knownAt(table, mapping, access);
    const isSame = known?.handle === undefined || known.handle === found.handle;
    return isSame ? path : undefined;
  }

  /**
   * Shared mappings of `table` that show another file by now, which has path and inode number of
   * the one that was first seen there. A file that is held keeps its number.
   */
  findReplaced(table: MappingTable, accessOf: (mapping: Mapping) => Access): Mapping[] {
    if (table.sharedFiles.length === 0) return [];
    using lookUp = new LookUp(this.task.living);
    return table.sharedFiles.filter((mapping) => {
      const known = this.knownAt(table, mapping, accessOf(mapping));
      if (known?.handle === undefined || known.fd !== undefined || known.handle === '')
        return false;
      const path = this.pathBelowRoot(mapping);
      const found = path === undefined ? undefined : lookUp.find(path);
      if (found === undefined || found === 'untold' || !isFileOf(mapping, found.status))
        return false;
      return found.handle !== known.handle;
    });
  }

  /** Nobody answers who is to open it. */
  private refuseOwn(path: Buffer): void {
    const { living } = this.task;
    if (!isServed(readServedMounts(living), path.toString('latin1')) || !isServer(living)) return;
    throw new BelayError('ENOTFOUND', 'its file system may be served by the program itself');
  }

  private findInReach(
    mapping: Mapping,
    access: Access,
    rights: OwnRights,
    lookUp: LookUp,
  ): Found | 'untold' | undefined {
    const path = this.pathBelowRoot(mapping);
    const found = path === undefined ? undefined : lookUp.find(path);
    if (path === undefined || found === undefined || found === 'untold') return found;
    if (!isItself(mapping, found)) return undefined;
    const mayOpen = rights.mayOpen(found.status, access === 'write');
    return mayOpen && rights.mayReach(path, lookAt) ? found : undefined;

    function lookAt(directory: Buffer): FileStatus | 'untold' | undefined {
      const there = lookUp.find(directory);
      return there === 'untold' ? there : there?.status;
    }
  }

  /** In /proc it reads as we would open it, however the program's root lies. */
  private pathBelowRoot({ path }: Mapping): Buffer | undefined {
    if (!path.startsWith('/')) return undefined;
    const root = readlinkSync(`/proc/${this.task.living}/root`, 'latin1');
    const isBelow = root !== '/' && path.startsWith(`${root}/`);
    return Buffer.from(isBelow ? path.slice(root.length) : path, 'latin1');
  }
}

export function keyOf(mapping: Mapping, access: Access): string {
  return `${mapping.device}/${mapping.inode}/${access}`;
}

/** Whether descriptor `fd` of thread `tid` is of the mapping's file: surely, by its file system. */
export function leadsTo(mapping: Mapping, tid: number, fd: number): boolean {
  const file = statKnownLink(`/proc/${tid}/fd/${fd}`);
  if (file === undefined || !isFileOf(mapping, file)) return false;
  const info = parseFdInfo(readFileSync(`/proc/${tid}/fdinfo/${fd}`, 'latin1'));
  const mounts = parseMountDevices(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'));
  const device = info === undefined ? undefined : mounts.get(info.mountId);
  return device === undefined || device === mapping.device;
}

function isItself(mapping: Mapping, { status }: Found): boolean {
  return isFileOf(mapping, status) && isHarmless(status);
}
