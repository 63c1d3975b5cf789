/**
 * The PAGEMAP_SCAN ioctl of /proc/PID/pagemap (Linux 6.7).
 *
 * Source: include/uapi/linux/fs.h, Documentation/admin-guide/mm/pagemap.rst.
 */
import { at } from '../at.ts';
import { declare, errnoNow, failed, NativeBuffer, toNumber } from './libc.ts';

const PAGEMAP_SCAN = 0xc0606610; // _IOWR('f', 16, struct pm_scan_arg)
const PM_SCAN_WP_MATCHING = 1;

export const PAGE_IS_WPALLOWED = 1 << 0;
export const PAGE_IS_WRITTEN = 1 << 1;
export const PAGE_IS_FILE = 1 << 2;
export const PAGE_IS_PRESENT = 1 << 3;
export const PAGE_IS_SWAPPED = 1 << 4;
export const PAGE_IS_PFNZERO = 1 << 5;
/** A huge page, or the place of one of the pool that is not there. */
export const PAGE_IS_HUGE = 1 << 6;
/** Linux 6.15. */
export const PAGE_IS_GUARD = 1 << 8;
const EINVAL = 22;

/** Offsets in struct pm_scan_arg: 12 fields of 64 bits. */
const FIELD = { size: 0, flags: 8, start: 16, end: 24, walkEnd: 32, vec: 40, vecLength: 48 };
const MASK = { maxPages: 56, inverted: 64, all: 72, anyOf: 80, returned: 88 };
const ARG_SIZE = 96;
const REGION_SIZE = 24;
/** Regions per call: chosen; 96 KiB of table, a scan goes on where it was full. */
const REGION_COUNT = 4096;

const ioctl = declare('int ioctl(int, ulong, uint64_t)');

export interface ScanMasks {
  readonly inverted: number;
  readonly all: number;
  readonly anyOf: number;
  readonly returned: number;
  readonly writeProtect: boolean;
}

/**
 * Pages written since they were protected last; they are protected again at once. The kernel has a
 * way of its own for just this question, three times as fast: nothing else may be asked with it.
 */
export const SCAN_WRITTEN_AND_PROTECT: ScanMasks = {
  inverted: 0,
  all: PAGE_IS_WRITTEN,
  anyOf: 0,
  returned: PAGE_IS_WRITTEN,
  writeProtect: true,
};

/** The same without protecting. */
export const SCAN_WRITTEN: ScanMasks = { ...SCAN_WRITTEN_AND_PROTECT, writeProtect: false };

/**
 * The same where memory is registered, with what kind they are: what is not there is told apart.
 * In walks over few pages this takes no longer; pages of files are not told from others.
 */
export const SCAN_WRITTEN_KINDS: ScanMasks = {
  inverted: 0,
  all: PAGE_IS_WPALLOWED | PAGE_IS_WRITTEN,
  anyOf: 0,
  returned: PAGE_IS_PRESENT | PAGE_IS_SWAPPED | PAGE_IS_PFNZERO | PAGE_IS_GUARD,
  writeProtect: false,
};

/** Pages that exist, with what kind they are. */
export const SCAN_POPULATED: ScanMasks = {
  inverted: 0,
  all: 0,
  anyOf: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
  returned: PAGE_IS_FILE | PAGE_IS_PRESENT | PAGE_IS_SWAPPED | PAGE_IS_PFNZERO | PAGE_IS_GUARD,
  writeProtect: false,
};

/** The same where none can be a file's: that the kernel looks up page by page, ten times slower. */
export const SCAN_POPULATED_ANONYMOUS: ScanMasks = {
  ...SCAN_POPULATED,
  returned: SCAN_POPULATED.returned & ~PAGE_IS_FILE,
};

/** Pages that are the file's, swapped out, or not there but protected all the same; huge ones. */
export const SCAN_NOT_OWN: ScanMasks = {
  inverted: 0,
  all: 0,
  anyOf: PAGE_IS_FILE | PAGE_IS_SWAPPED | PAGE_IS_HUGE,
  returned: PAGE_IS_FILE | PAGE_IS_SWAPPED | PAGE_IS_HUGE | PAGE_IS_PRESENT | PAGE_IS_GUARD,
  writeProtect: false,
};

/** Guard pages: none where the kernel cannot tell. */
export const SCAN_GUARDS: ScanMasks = {
  inverted: 0,
  all: PAGE_IS_GUARD,
  anyOf: 0,
  returned: PAGE_IS_GUARD,
  writeProtect: false,
};

/** Mappings that are not registered for write-protection: found without walking the others. */
export const SCAN_UNREGISTERED: ScanMasks = {
  inverted: PAGE_IS_WPALLOWED,
  all: PAGE_IS_WPALLOWED,
  anyOf: 0,
  returned: PAGE_IS_WPALLOWED,
  writeProtect: false,
};

/** Pages that are there, in mappings registered for write-protection that lifts itself. */
export const SCAN_THERE_AND_REGISTERED: ScanMasks = {
  inverted: 0,
  all: PAGE_IS_WPALLOWED | PAGE_IS_PRESENT,
  anyOf: 0,
  returned: PAGE_IS_WPALLOWED,
  writeProtect: false,
};

/** One scanner: an argument block and a table of regions that are reused. */
export class PagemapScanner {
  private readonly arg = new NativeBuffer(ARG_SIZE);
  private readonly regions = new NativeBuffer(REGION_COUNT * REGION_SIZE);
  /** PAGE_IS_GUARD; 0 where the kernel does not know it. */
  guardBit = PAGE_IS_GUARD;
  /** Regions of the last call. */
  count = 0;
  /** Where the last call stopped: the end asked for, or earlier when the table was full. */
  walkEnd = 0;

  /** One call over [start, end). Throws SyscallError. */
  scan(pagemapFd: number, masks: ScanMasks, start: number, end: number): void {
    const arg = this.arg;
    arg.setUint64(FIELD.size, ARG_SIZE);
    arg.setUint64(FIELD.flags, masks.writeProtect ? PM_SCAN_WP_MATCHING : 0);
    arg.setUint64(FIELD.start, start);
    arg.setUint64(FIELD.end, end);
    arg.setUint64(FIELD.walkEnd, 0);
    arg.setUint64(FIELD.vec, this.regions.address);
    arg.setUint64(FIELD.vecLength, REGION_COUNT);
    arg.setUint64(MASK.maxPages, 0);
    arg.setUint64(MASK.inverted, masks.inverted);
    arg.setUint64(MASK.all, masks.all);
    arg.setUint64(MASK.anyOf, masks.anyOf);
    arg.setUint64(MASK.returned, masks.returned & (~PAGE_IS_GUARD | this.guardBit));
    const count = toNumber(ioctl(pagemapFd, PAGEMAP_SCAN, arg.address));
    if (count < 0) {
      if (this.guardBit === 0 || errnoNow() !== EINVAL) {
        throw failed('ioctl(PAGEMAP_SCAN)', { address: start });
      }
      this.guardBit = 0;
      this.scan(pagemapFd, masks, start, end);
      return;
    }
    this.count = count;
    // The kernel leaves walk_end where its own table (512 regions) was full last, though it goes on
    // from there and reaches the end: it has stopped only where ours is full (do_pagemap_scan).
    this.walkEnd = count < REGION_COUNT ? end : arg.getUint64(FIELD.walkEnd);
  }

  start(index: number): number {
    return this.regions.getUint64(index * REGION_SIZE);
  }

  end(index: number): number {
    return this.regions.getUint64(index * REGION_SIZE + 8);
  }

  categories(index: number): number {
    return at(this.regions.words, index * 6 + 4);
  }
}
