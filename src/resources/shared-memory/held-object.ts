/**
 * Shared memory that is held for as long as a point needs it: by O_PATH, which opens nothing, so
 * that no lease, seal, lock or run of it is in the way; opened for a moment when it is looked at.
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { O_NOATIME, O_NONBLOCK, O_PATH } from '../../sys/descriptor-flags.ts';
import { seekData, seekHole, seekSize } from '../../sys/fallocate.ts';
import { close, open, openBytes, pread, useAndClose, O_RDONLY, O_RDWR } from '../../sys/file.ts';
import { getSeals, isOfTmpfs } from '../../sys/memfd.ts';
import { deviceName, statKnown, typeOf } from '../../sys/statx.ts';
import type { Access } from './access.ts';
import type { FoundObject } from './find-shared.ts';
import type { PageSpan } from './page-spans.ts';

/** Held at once. Chosen: a quarter of the usual limit of descriptors; what is more is named. */
const HELD_MAX = 256;
const ENOENT = 2;
/** The kernel's own tmpfs, to which memory without a name belongs; huge pages have another. */
const MEMORY_DEVICE = '00:01';
const NAMED = '/dev/shm/';
/** As much as a file can have: pages are numbered far apart. */
const PAGES_MAX = 2 ** 36;

export interface HeldObject {
  readonly key: string;
  readonly device: string;
  readonly inode: number;
  readonly isSegment: boolean;
  /** -1: only mappings lead to it (mapped-access.ts). */
  readonly fd: number;
  /** The number of its first page; -1: none of it has been saved yet. */
  firstPage: number;
  /** How many images have it. */
  uses: number;
  /** Its pages are of 4 KiB, and can be written as a file. */
  readonly isPlain: boolean;
}

export class HeldObjects {
  private readonly objects = new Map<string, HeldObject>();
  private count = 0;

  get(key: string): HeldObject | undefined {
    return this.objects.get(key);
  }

  /** Held from now on; undefined: no way leads to it. */
  hold(tid: number, found: FoundObject): HeldObject | undefined {
    const held = this.objects.get(found.key);
    if (held !== undefined) return held;
    if (this.objects.size >= HELD_MAX) return undefined;
    const fd = openPath(tid, found);
    if (fd < 0 && found.mappings.length === 0) return undefined;
    const { key, device, inode, isSegment } = found;
    const isPlain = fd < 0 ? isOfSmallPages(found) : isOfTmpfs(fd);
    const object = {
      key,
      device,
      inode,
      isSegment,
      fd,
      firstPage: -1,
      isPlain,
      uses: 0,
    };
    this.objects.set(key, object);
    return object;
  }

  /** The number of its first page: given when it is first asked for, since there are not many. */
  number(object: HeldObject): number {
    if (object.firstPage < 0) {
      object.firstPage = this.count * PAGES_MAX;
      this.count += 1;
    }
    return object.firstPage;
  }

  /** An image has it. */
  enter(key: string): void {
    const object = this.objects.get(key);
    if (object !== undefined) object.uses += 1;
  }

  /** An image that had it is gone, or was not made. */
  leave(key: string, uses: number): void {
    const object = this.objects.get(key);
    if (object === undefined) return;
    object.uses -= uses;
    if (object.uses > 0) return;
    if (object.fd >= 0) close(object.fd);
    this.objects.delete(key);
  }

  close(): void {
    for (const { fd } of this.objects.values()) if (fd >= 0) close(fd);
    this.objects.clear();
  }
}

function isOfSmallPages({ device, path }: FoundObject): boolean {
  return device === MEMORY_DEVICE || path.startsWith(NAMED);
}

/** The range of numbers that the pages of an object have. */
export function pagesOf({ firstPage }: { readonly firstPage: number }): [number, number] {
  return [firstPage, firstPage + PAGES_MAX];
}

/** What `work` makes of it, opened for reading; undefined: we have no right to. */
export function readHeld<Result>(
  { fd }: HeldObject,
  work: (access: Access) => Result,
): Result | undefined {
  const link = `/proc/self/fd/${fd}`;
  const quiet = open(link, O_RDONLY | O_NONBLOCK | O_NOATIME);
  return useAndClose(quiet >= 0 ? quiet : open(link, O_RDONLY | O_NONBLOCK), (own) =>
    work(new FileAccess(own)),
  );
}

class FileAccess implements Access {
  readonly sizeBytes: number;
  readonly seals: number;
  private readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
    this.sizeBytes = seekSize(fd);
    this.seals = getSeals(fd);
  }

  listData(maxPages: number): readonly PageSpan[] | undefined {
    const { fd, sizeBytes } = this;
    const spans: PageSpan[] = [];
    let count = 0;
    for (let offset = seekData(fd, 0); offset >= 0 && offset < sizeBytes;) {
      const hole = seekHole(fd, offset);
      const end = hole < 0 ? sizeBytes : Math.min(hole, sizeBytes);
      const span = { first: Math.floor(offset / PAGE_SIZE), end: Math.ceil(end / PAGE_SIZE) };
      count += span.end - span.first;
      if (count > maxPages) return undefined;
      spans.push(span);
      offset = seekData(fd, end);
    }
    return spans;
  }

  read(to: number, offset: number, sizeBytes: number): number {
    return pread(this.fd, to, sizeBytes, offset);
  }
}

/** Opened for writing: a descriptor, or minus errno. */
export function openHeldForWriting({ fd }: HeldObject): number {
  return open(`/proc/self/fd/${fd}`, O_RDWR | O_NONBLOCK);
}

function openPath(tid: number, found: FoundObject): number {
  const { device, inode, path, mappings, descriptors } = found;
  const links = [
    ...descriptors.map(({ fd }) => `/proc/${tid}/fd/${fd}`),
    ...mappings.map(({ start, end }) => {
      return `/proc/${tid}/map_files/${start.toString(16)}-${end.toString(16)}`;
    }),
    ...(path.startsWith(NAMED) ? [`/proc/${tid}/root${path}`] : []),
  ];
  for (const link of links) {
    const fd = openBytes(Buffer.from(link, 'latin1'), O_PATH);
    if (fd < 0) continue;
    const file = statKnown(fd);
    const isIt = file?.ino === inode && deviceName(file.dev) === device;
    if (isIt && typeOf(file) === 'regular') return fd;
    close(fd);
  }
  return -ENOENT;
}
