/**
 * Mappings that others can make impossible at any moment: System V segments, which are gone when
 * nobody is attached, and huge pages, of which there are only so many. They are made beforehand at
 * a place that is free, and moved to their own in the rollback, which nobody can refuse then.
 *
 * Invariants
 * 1. A place lies neither in what is mapped nor in what will be.
 * 2. What is left there is unmapped before the mappings are compared with those of the point.
 *
 * Source: shmat(2); mremap(2); mm/hugetlb.c, hugetlb_reserve_pages.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import type { Mapping, Range } from '../../procfs/maps.ts';
import {
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../sys/mmap.ts';
import { SHM_EXEC, SHM_RDONLY } from '../../sys/shm.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Access } from './access.ts';
import { protectionOf } from './protection.ts';

/** Where the search begins, and how it goes on: as the largest huge pages are aligned. Chosen. */
const FIRST_PLACE = 0x180000000000;
const PLACE_STEP = 1 << 30;
const PLACES = 1000;
const ENOMEM = 12;

interface Parked extends Range {
  /** With what protection it waits. */
  readonly protection: number;
}

export class ParkedMappings {
  private readonly parked = new Map<Mapping, Parked>();

  /** Whether a mapping of now is one of those that wait. */
  has({ start, end }: Range): boolean {
    return [...this.parked.values()].some((each) => start >= each.start && end <= each.end);
  }

  /**
   * Attach the segment that `mapping` was an attachment of: 0, or the positive errno.
   *
   * @param sizeBytes the segment's
   * @param taken what is mapped, and what will be
   */
  attach(
    mapping: Mapping,
    access: Access,
    sizeBytes: number,
    calls: RemoteCalls,
    taken: readonly Range[],
  ): number {
    const isWritable = access === 'write';
    const flags = (isWritable ? 0 : SHM_RDONLY) | (mapping.executable ? SHM_EXEC : 0);
    const place = findPlace(sizeBytes, [...taken, ...this.parked.values()]);
    const result = place === 0 ? -ENOMEM : calls.call(SYS.shmat, mapping.inode, place, flags);
    if (result < 0) return -result;
    const start = place + mapping.offset;
    const end = start + mapping.end - mapping.start;
    if (start > place) calls.call(SYS.munmap, place, start - place);
    if (end < place + sizeBytes) calls.call(SYS.munmap, end, place + sizeBytes - end);
    const protection =
      PROT_READ | (isWritable ? PROT_WRITE : 0) | (mapping.executable ? PROT_EXEC : 0);
    this.parked.set(mapping, { start, end, protection });
    return 0;
  }

  /** Map descriptor `fd` of whoever makes the calls, as `mapping` was: 0, or the positive errno. */
  map(
    mapping: Mapping,
    fd: number,
    reserve: number,
    calls: RemoteCalls,
    taken: readonly Range[],
  ): number {
    const size = mapping.end - mapping.start;
    const place = findPlace(size, [...taken, ...this.parked.values()]);
    const flags = (mapping.shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED_NOREPLACE | reserve;
    const protection = protectionOf(mapping);
    const result =
      place === 0
        ? -ENOMEM
        : calls.call(SYS.mmap, place, size, protection, flags, fd, mapping.offset);
    if (result < 0) return -result;
    this.parked.set(mapping, { start: place, end: place + size, protection });
    return 0;
  }

  /** Move the part of `mapping` that is to be at the range; false: it is not parked. */
  moveTo({ start, end }: Range, mapping: Mapping, protection: number, calls: RemoteCalls): boolean {
    const parked = this.parked.get(mapping);
    if (parked === undefined) return false;
    const size = end - start;
    const from = parked.start + start - mapping.start;
    const how = MREMAP_MAYMOVE | MREMAP_FIXED;
    calls.callOrThrow('mremap', SYS.mremap, from, size, size, how, start);
    if (parked.protection !== protection) {
      calls.callOrThrow('mprotect', SYS.mprotect, start, size, protection);
    }
    return true;
  }

  /** Unmap what has not been moved. */
  clear(callsOf: () => RemoteCalls): void {
    for (const { start, end } of this.parked.values()) {
      callsOf().call(SYS.munmap, start, end - start);
    }
    this.parked.clear();
  }
}

/** The address of a free place; 0: none was found. */
function findPlace(sizeBytes: number, taken: readonly Range[]): number {
  for (let index = 0; index < PLACES; index += 1) {
    const start = FIRST_PLACE + index * PLACE_STEP;
    const end = start + sizeBytes;
    if (!taken.some((range) => range.start < end && range.end > start)) return start;
  }
  return 0;
}
