/**
 * Holds the files that the program has open at a point until the last such point is gone, so that
 * one that was closed since can be opened again: also when it was renamed or deleted meanwhile.
 *
 * What is held is the file, not what the program has opened (O_PATH): locks, leases, the running of
 * it and the other ends of it do not notice. What would notice is left out:
 *
 * - its mount could not be unmounted: see `HoldableMounts`;
 * - who watches for its deletion (IN_DELETE_SELF) would be told when nobody holds it any more;
 * - the space of a deleted file, which stays taken: of what the program has closed, so much.
 *
 * A descriptor opened with O_PATH is no more than that itself: a copy of it is held. Of a pipe
 * whose both ends the program has the inode is held, by which it is opened again (pipe-ends.ts).
 */
import { O_PATH } from '../../sys/descriptor-flags.ts';
import { close, openBytes } from '../../sys/file.ts';
import { readHandle } from '../../sys/file-handle.ts';
import { isOfHugePages } from '../../sys/huge-pages.ts';
import { IN_DELETE_SELF } from '../../sys/inotify.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { isDirectory, statKnown, statKnownLink, typeOf } from '../../sys/statx.ts';
import type { Task } from '../../tracee/target-memory.ts';
import { findWatched } from '../watched-files.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';
import { readDescriptorLimit } from './descriptor-limit.ts';
import { HoldableMounts } from './holdable-mounts.ts';
import { findWholePipes, isPipe } from './pipe-ends.ts';
import { isMemoryDevice } from './reopen.ts';

/** Chosen: what is more is opened again by its path. */
const HELD_MAX = 1024;
/** Chosen: the share of the supervisor's own limit that one process may take. */
const HELD_SHARE = 0.25;
/** Chosen: the space of deleted files that the program has closed since. */
const ORPHANS_MAX_BYTES = 64 << 20;
/** Chosen: every so many points each of those is looked at again. */
const LOOK_EVERY = 16;
const MEMFD = '/memfd:';

interface Holding {
  readonly files: ReadonlySet<Held>;
  /** Who the program was. */
  readonly identity: Uint8Array;
}

interface Held {
  readonly fd: number;
  readonly key: string;
  readonly mountId: number;
  readonly inode: number;
  readonly descriptions: Set<number>;
  /** Tables that have it. */
  uses: number;
  /** Of the last table that had it. */
  seenIn: number;
  /** Taken up by it alone, when it was looked at last. */
  orphanBytes: number;
}

export class HeldFiles {
  private readonly task: Task;
  private readonly max: number;
  private readonly mounts: HoldableMounts;
  private readonly files = new Map<string, Held>();
  /** Of each open file what is held of it, if anything. */
  private readonly byDescription = new Map<number, Held | undefined>();
  private readonly tables = new Map<DescriptorsImage, Holding>();
  private serial = 0;

  constructor(task: Task) {
    this.task = task;
    this.mounts = new HoldableMounts(task);
    const { soft } = readDescriptorLimit('self');
    this.max = Math.min(HELD_MAX, Math.floor(soft * HELD_SHARE));
  }

  /** A point has this table, which says what is open at the moment, and to whom. */
  hold(table: DescriptorsImage, identity: Uint8Array): void {
    if (this.tables.has(table)) return;
    this.serial += 1;
    const used = new Set<Held>();
    const isWatched = findWatched(table, IN_DELETE_SELF);
    const pipes = findWholePipes(table);
    for (const image of table) {
      const isHoldable = image.kind === 'path' || (image.kind === 'pipe' && pipes.has(image.inode));
      if (!isHoldable) continue;
      const description = idOf(image);
      let held = this.byDescription.get(description);
      if (held === undefined && !this.byDescription.has(description) && !isWatched(image.inode)) {
        held = this.meet(image);
        this.byDescription.set(description, held);
      } else if (held !== undefined && isWatched(image.inode)) {
        this.letGo(held);
        continue;
      }
      if (held === undefined) continue;
      held.seenIn = this.serial;
      used.add(held);
    }
    for (const held of used) held.uses += 1;
    this.tables.set(table, { files: used, identity });
    if (this.files.size > used.size) this.limitOrphans();
    if (this.byDescription.size > 2 * table.length + HELD_MAX) this.forgetClosed(table);
  }

  /** No point has this table any more. */
  release(table: DescriptorsImage): void {
    for (const held of this.tables.get(table)?.files ?? []) {
      held.uses -= 1;
      if (held.uses === 0) this.drop(held);
    }
    this.tables.delete(table);
  }

  /** A descriptor of ours that leads to the file that the image's led to; undefined: none does. */
  find(image: DescriptorImage): number | undefined {
    return this.byDescription.get(idOf(image))?.fd;
  }

  /** Who the program was when it had this table; undefined: not known. */
  identityAt(table: DescriptorsImage): Uint8Array | undefined {
    return this.tables.get(table)?.identity;
  }

  close(): void {
    for (const { fd } of this.files.values()) close(fd);
    this.files.clear();
    this.byDescription.clear();
    this.tables.clear();
  }

  /** What is held of an open file that is seen for the first time. */
  private meet(image: DescriptorImage): Held | undefined {
    const key = keyOf(image);
    const known = this.files.get(key);
    const description = idOf(image);
    if (known !== undefined) {
      known.descriptions.add(description);
      return known;
    }
    if (this.files.size >= this.max) return undefined;
    const fd = this.open(image);
    if (fd === undefined) return undefined;
    const { mountId, inode } = image;
    const descriptions = new Set([description]);
    const held = { fd, key, mountId, inode, descriptions, uses: 0, seenIn: 0, orphanBytes: 0 };
    this.files.set(key, held);
    this.mounts.add(mountId);
    return held;
  }

  private open(image: DescriptorImage): number | undefined {
    const { fd, link, mountId, handle, flags, kind } = image;
    const { living } = this.task;
    if (kind === 'pipe') return openPipe(living, image);
    if (!link.startsWith('/')) return undefined;
    const isMemory = link.startsWith(MEMFD);
    if (!isMemory && !this.mounts.mayHoldOn(mountId)) return undefined;
    const path = `/proc/${living}/fd/${fd}`;
    const isHandle = (flags & O_PATH) !== 0;
    if (!isHandle && !isHarmless(path)) return undefined;
    const own = isHandle ? copyOf(living, fd) : openBytes(Buffer.from(path), O_PATH);
    if (own < 0) return undefined;
    const isIt = handle === '' || readHandle(own, '') === handle;
    if (isIt && !(isMemory && isOfHugePages(own))) return own;
    close(own);
    return undefined;
  }

  /** Of what the program has closed since, the oldest go when together they take up too much. */
  private limitOrphans(): void {
    const orphans = [...this.files.values()].filter(({ seenIn }) => seenIn !== this.serial);
    for (const held of orphans) {
      const isNew = held.seenIn === this.serial - 1;
      if (isNew || (this.serial + held.fd) % LOOK_EVERY === 0) held.orphanBytes = spaceOf(held.fd);
    }
    let sum = orphans.reduce((total, { orphanBytes }) => total + orphanBytes, 0);
    for (const held of orphans) {
      if (sum <= ORPHANS_MAX_BYTES) return;
      if (held.orphanBytes > 0) this.letGo(held);
      sum -= held.orphanBytes;
    }
  }

  /** It is not held any more, whoever has it. */
  private letGo(held: Held): void {
    const { descriptions } = held;
    this.drop(held);
    for (const description of descriptions) this.byDescription.set(description, undefined);
  }

  private drop(held: Held): void {
    const { key, fd, mountId, descriptions } = held;
    if (this.files.get(key) !== held) return;
    close(fd);
    this.files.delete(key);
    this.mounts.remove(mountId);
    for (const description of descriptions) this.byDescription.delete(description);
  }

  /** Of open files that are gone nobody will ask. */
  private forgetClosed(table: DescriptorsImage): void {
    const open = new Set(table.map(idOf));
    for (const [description, held] of this.byDescription) {
      if (held === undefined && !open.has(description)) this.byDescription.delete(description);
    }
  }
}

/** Open files have numbers; of a pipe, whose ends have none, the inode is one of its own. */
function idOf({ description, kind, inode }: DescriptorImage): number {
  return kind === 'pipe' ? -inode : description;
}

/** Open files of one file share what is held of it; a handle of the program's is held itself. */
function keyOf({ flags, description, mountId, inode, handle, link }: DescriptorImage): string {
  if ((flags & O_PATH) !== 0) return String(description);
  return `${mountId}/${inode}/${handle}/${link}`;
}

/** What can be opened again without waiting for anybody, and without doing anything. */
function isHarmless(path: string): boolean {
  const status = statKnownLink(path);
  if (status === undefined) return false;
  const type = typeOf(status);
  const isFile = type === 'regular' || type === 'pipe' || isDirectory(status);
  return isFile || (type === 'device' && isMemoryDevice(status.rdev));
}

/** Deleted: nobody else has it, perhaps. */
function spaceOf(fd: number): number {
  const status = statKnown(fd);
  return status?.links === 0 ? status.spaceBytes : 0;
}

/** No end of it, which its reader or its writer would wait for. */
function openPipe(tid: number, { fd, inode }: DescriptorImage): number | undefined {
  const own = openBytes(Buffer.from(`/proc/${tid}/fd/${fd}`), O_PATH);
  if (own < 0) return undefined;
  if (isPipe(own) && statKnown(own)?.ino === inode) return own;
  close(own);
  return undefined;
}

function copyOf(tid: number, fd: number): number {
  try {
    return getDescriptor(tid, fd);
  } catch {
    return -1;
  }
}
