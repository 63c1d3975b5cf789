/**
 * The shared memory resource: what lies in anonymous shared memory, memfds, System V segments and
 * POSIX shared memory, and how large they are.
 *
 * It stands beside the address space and not in it, since its pages have no address of their own:
 * the same one may be mapped at several, at none (a memfd that is written to), and in other
 * processes. So it is known by object and offset.
 *
 * Invariants
 * 1. An object goes back whole, or is left as it is and named.
 * 2. What somebody else has as well when the program goes back is left.
 * 3. A page without a version was a hole at every live point that has its object saved.
 */
import { readFileSync } from 'node:fs';
import { BelayError } from '../../errors.ts';
import { isSharedMemory, parseMaps, type Mapping } from '../../procfs/maps.ts';
import { PageHistory, type PageDelta } from '../../points/page-history.ts';
import type { PageStore } from '../../store/page-store.ts';
import { isZeroMemory } from '../../sys/mmap.ts';
import type { Claims } from '../claims.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { LOST, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { findShared, keyOf, type FoundObject, type Leading } from './find-shared.ts';
import { HeldObjects, pagesOf } from './held-object.ts';
import { findUsers, listProcesses, nameUser, type Sought } from './other-users.ts';
import { endOf, MappedAccess } from './mapped-access.ts';
import { claimMappedPutBack } from './mapped-put-back.ts';
import {
  claimPutBack,
  findForbidden,
  type Changed,
  type PutBack,
  type WriteBehind,
} from './put-back.ts';
import type { SharedMemoryImage, SharedObjectImage } from './shared-image.ts';
import { SharedContent } from './shared-content.ts';
import {
  isInReach,
  LEASED,
  OUT_OF_REACH,
  SharedSaver,
  UNREADABLE,
  withAccess,
} from './shared-saver.ts';

const VERSION = 1;
const NONE: SharedMemoryImage = { objects: [], pages: undefined };

/** Where the mappings of the process are known. */
export interface MappingSource {
  /** Shared ones, as they were read last. */
  readonly shared: readonly Mapping[];
  /** /proc/PID/maps now. */
  copyMaps(): Uint8Array;
}

/** Where the descriptors of the process lead, as they were read last. */
export interface DescriptorSource {
  readonly table: readonly Leading[];
}

interface Plan {
  readonly image: SharedMemoryImage;
  readonly putBacks: readonly PutBack[];
  readonly left: readonly Named[];
}

export class SharedMemory implements Resource<SharedMemoryImage, Plan> {
  readonly name = 'shared memory';
  private readonly mappings: MappingSource;
  private readonly descriptors: DescriptorSource;
  private readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly content: SharedContent;
  private readonly held = new HeldObjects();
  private readonly saver: SharedSaver;
  /** What was looked through last, and found in it. */
  private shared: readonly Mapping[] | undefined = undefined;
  private table: readonly Leading[] | undefined = undefined;
  private found: readonly FoundObject[] = [];
  private isUsed = false;
  /** Written to by the last rollback. */
  private written: ReadonlySet<string> = new Set();

  constructor(mappings: MappingSource, descriptors: DescriptorSource, store: PageStore) {
    this.mappings = mappings;
    this.descriptors = descriptors;
    this.store = store;
    this.history = new PageHistory((slot) => {
      store.free(slot);
    });
    this.content = new SharedContent(store, this.history);
    this.saver = new SharedSaver(this.held, this.content);
  }

  /** Captured after mappings and descriptors. */
  capture(stopped: Stopped, before: SharedMemoryImage | undefined): SharedMemoryImage {
    const found = this.find(stopped);
    if (found.length === 0 && !this.isUsed) return NONE;
    this.isUsed = true;
    const pages = this.history.begin();
    try {
      const objects = this.saver.save(stopped, pages, found, before?.objects ?? []);
      for (const { key, firstPage } of objects) if (firstPage >= 0) this.held.enter(key);
      for (const { key } of found) this.held.leave(key, 0);
      return { objects, pages };
    } catch (error) {
      this.history.undoNewest([]);
      for (const { key } of found) this.held.leave(key, 0);
      throw error;
    }
  }

  prepare(stopped: Stopped, image: SharedMemoryImage, claims: Claims): Plan {
    const delta = asDelta(image);
    const left = nameUnsaved(image);
    const putBacks: PutBack[] = [];
    const nothing = { image, putBacks, left };
    const saved = image.objects.filter(({ unsaved }) => unsaved === undefined);
    if (delta === undefined || saved.length === 0) return nothing;
    const versions = this.history.versionsAt(delta);
    const leases = readLeases();
    const now = this.readShared();
    const changed: Changed[] = [];
    for (const each of saved) {
      const result = this.compare(stopped, each, versions, leases, now);
      if (typeof result === 'string') left.push(lose(each, result));
      else if (isChange(result)) changed.push(result);
      else if (result.sealsNow !== each.seals) left.push(nameSeals(each));
    }
    if (changed.length === 0) return nothing;
    const users = findUsersOf(stopped, changed, now);
    for (const each of changed) {
      const { image: wanted, sealsNow } = each;
      const user = users.get(wanted.key);
      const why = user === undefined ? findForbidden(each) : nameUser(user);
      const claimed = why ?? this.claim(stopped, each, now, claims);
      if (typeof claimed === 'string') left.push(lose(wanted, claimed));
      else putBacks.push(claimed);
      if (typeof claimed !== 'string' && sealsNow !== wanted.seals) left.push(nameSeals(wanted));
    }
    return nothing;
  }

  private claim(
    stopped: Stopped,
    changed: Changed,
    now: readonly Mapping[],
    claims: Claims,
  ): PutBack | string {
    const mappings = mappingsOf(now, changed.held.key);
    if (changed.held.fd >= 0) {
      const mapped = new MappedAccess(stopped, mappings);
      const writeBehind: WriteBehind = (from, offset, sizeBytes) => {
        const part = mapped.find(offset, true);
        if (part?.mapping.writable !== true) return isZeroMemory(from, sizeBytes);
        return stopped.target.forceWriteFrom(from, part.address, sizeBytes) === sizeBytes;
      };
      return claimPutBack(changed, this.store, writeBehind, claims);
    }
    return claimMappedPutBack(stopped, changed, mappings, this.store, claims);
  }

  apply(_stopped: Stopped, { image, putBacks, left }: Plan): Applied {
    const lost = [...left];
    let pagesRestored = 0;
    for (const each of putBacks) {
      const { writes } = each.difference;
      const count = each.apply();
      pagesRestored += writes.length;
      if (count > 0) lost.push(lose(each.image, `${count} pages could not be written`));
    }
    this.written = new Set(putBacks.map((each) => each.image.key));
    const delta = asDelta(image);
    while (this.history.newest !== undefined && this.history.newest !== delta) {
      this.history.undoNewest([]);
    }
    return { counts: { pagesRestored }, lost };
  }

  /** The last rollback has written to what is mapped there. */
  hasPutBack(mapping: Mapping): boolean {
    return isSharedMemory(mapping) && this.written.has(keyOf(mapping));
  }

  pagesOf(image: SharedMemoryImage): number {
    return asDelta(image)?.pages.length ?? 0;
  }

  losses(image: SharedMemoryImage): readonly Named[] {
    return nameUnsaved(image);
  }

  release(image: SharedMemoryImage): void {
    const delta = asDelta(image);
    if (delta === undefined) return;
    if (!delta.isGone && delta === this.history.newest) this.history.undoNewest([]);
    else if (!delta.isGone) this.history.forget(delta);
    for (const { key, firstPage } of image.objects) if (firstPage >= 0) this.held.leave(key, 1);
  }

  encode({ objects, pages }: SharedMemoryImage): Uint8Array {
    const isOurs = pages !== undefined && 'former' in pages;
    return encodeImage(VERSION, {
      objects,
      pages: isOurs ? this.history.versionsAt(pages) : pages,
    });
  }

  decode(bytes: Uint8Array): SharedMemoryImage {
    return decodeImage(VERSION, bytes) as SharedMemoryImage;
  }

  close(): void {
    this.held.close();
  }

  private find({ living }: Stopped): readonly FoundObject[] {
    const { shared } = this.mappings;
    const { table } = this.descriptors;
    if (shared !== this.shared || table !== this.table) {
      this.found = findShared(living, shared, table);
      this.shared = shared;
      this.table = table;
    }
    return this.found;
  }

  private readShared(): Mapping[] {
    const text = Buffer.from(this.mappings.copyMaps()).toString('latin1');
    return parseMaps(text).filter(isSharedMemory);
  }

  /** How it differs from what it was; a text: it cannot be told. */
  private compare(
    stopped: Stopped,
    image: SharedObjectImage,
    versions: readonly (readonly [page: number, slot: number])[],
    leases: string,
    now: readonly Mapping[],
  ): Changed | string {
    const held = this.held.get(image.key);
    if (held === undefined) throw new RangeError(`${image.place} is not held`);
    if (leases.includes(`${held.device}:${held.inode} `)) return LEASED;
    const [start, end] = pagesOf(held);
    const own = versions.filter(([page]) => page >= start && page < end);
    const indexed = new Map(own.map(([page, slot]) => [page - start, slot]));
    const mappings = mappingsOf(now, image.key);
    const isReached = isInReach(held, mappings);
    if (!isReached || (held.fd < 0 && endOf(mappings) !== image.sizeBytes)) return OUT_OF_REACH;
    const changed = withAccess(stopped, held, mappings, (access): Changed => {
      const { sizeBytes: sizeNow, seals: sealsNow } = access;
      const data = access.listData(Infinity) ?? [];
      const difference = this.content.compare(access, data, indexed, image.sizeBytes);
      return { image, held, sizeNow, sealsNow, difference };
    });
    return changed ?? UNREADABLE;
  }
}

function asDelta({ pages }: SharedMemoryImage): PageDelta | undefined {
  if (pages === undefined || 'former' in pages) return pages;
  throw new BelayError('EUNSUPPORTED', 'cannot use an image that this supervisor did not make');
}

function mappingsOf(mappings: readonly Mapping[], key: string): Mapping[] {
  return mappings.filter((mapping) => keyOf(mapping) === key);
}

function findUsersOf(
  stopped: Stopped,
  changed: readonly Changed[],
  now: readonly Mapping[],
): Map<string, number> {
  const sought = changed.map(({ held, image: { key, path } }): Sought => {
    const { device, inode, isSegment } = held;
    return { key, device, inode, isSegment, path, mapped: mappingsOf(now, key).length };
  });
  return findUsers(stopped, sought, listProcesses());
}

function isChange({ image, sizeNow, difference }: Changed): boolean {
  const { writes, surplus } = difference;
  return sizeNow !== image.sizeBytes || writes.length + surplus.length > 0;
}

function nameUnsaved({ objects }: SharedMemoryImage): Named[] {
  return objects.flatMap((each) => (each.unsaved === undefined ? [] : [lose(each, each.unsaved)]));
}

function lose({ place }: SharedObjectImage, why: string): Named {
  return { bit: LOST.shared, text: `shared memory ${place} is not put back: ${why}` };
}

function nameSeals({ place }: SharedObjectImage): Named {
  return { bit: LOST.shared, text: `shared memory ${place} has been sealed: seals are for good` };
}

/** /proc/locks, where it tells of leases; some may be left out. */
function readLeases(): string {
  try {
    const lines = readFileSync('/proc/locks', 'latin1').split('\n');
    return lines.filter((line) => line.includes('LEASE')).join('\n');
  } catch {
    return '';
  }
}
