/**
 * Whether much memory that is to be saved at once is copied from an image of it, after the stop;
 * what an image of a process does not have is copied in the stop.
 */
import { readFileSync } from 'node:fs';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { parseSoftLimit } from '../../procfs/limits.ts';
import type { Range } from '../../procfs/maps.ts';
import { ConfinedError } from '../../tracee/confinement.ts';
import { MemoryImage } from '../../tracee/memory-image.ts';
import type { Stopped } from '../stopped.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { findAttributes } from './attributes.ts';
import type { Explored } from './explore.ts';
import { kbOf } from './later-attributes.ts';
import type { MappingTable } from './mapping-table.ts';
import type { Unwatched } from './unwatched-pages.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

/**
 * From this many pages on, 16 MiB: chosen. Copying them takes 13 ms and more, an image of a process
 * that has no others 0.6 ms.
 */
const PAGES_MIN = 4096;
/** An image takes a thirtieth, for each page there is, of what copying one takes: measured. */
const SHARE_MIN = 1 / 16;
/** Shared mappings are unmapped one by one: chosen, two milliseconds. */
const SHARED_MAX = 32;
/** Flags of mappings under a userfaultfd, whose owner may have to agree to a fork. */
const ASKS = ['um', 'uw', 'ui'] as const;
/** vm.overcommit_memory: what is promised is counted, and an image might take the last of it. */
const STRICT = '2';

/** Where more than this share of the processes that a user may have are there: chosen. */
const CROWDED = 1 / 2;

/** What is known of the process. */
export interface Surroundings {
  readonly table: MappingTable;
  /** Undefined: they are to be read from the image, which keeps what is shared, and quiet. */
  readonly attributes: readonly AttributeRange[] | undefined;
  readonly unwatched: readonly Unwatched[];
}

/** An image of the process, and what it is good for. */
export interface Taken {
  readonly image: MemoryImage;
  /** Pages that can be copied from it. */
  readonly both: PageRanges;
  /** Pages that it has not as the program has them. */
  readonly rest: PageRanges;
}

/** An image of the process, if it is worth one; its calls are ended. */
export function takeImage(
  stopped: Stopped,
  surroundings: Surroundings,
  { own, parts }: Explored,
  written: WrittenPages,
): Taken | undefined {
  const pageCount = own.countPages();
  if (pageCount < PAGES_MIN || !mayHaveImage(stopped.living, surroundings, pageCount)) {
    return undefined;
  }
  const { table, attributes } = surroundings;
  const image = begin(stopped, attributes === undefined ? [] : table.shared);
  if (image === undefined) return undefined;
  try {
    stopped.endCalls();
    const theirs = new PageRanges();
    for (const part of parts) written.listOwn(theirs, part, undefined, image.pagemapFd);
    return { image, ...divide(own, without(theirs, image.touched)) };
  } catch (error) {
    stopped.pump.images.retire(image);
    throw error;
  }
}

function begin({ pump, remote }: Stopped, shared: readonly Range[]): MemoryImage | undefined {
  try {
    return MemoryImage.begin(pump, remote, shared);
  } catch (error) {
    if (error instanceof ConfinedError) return undefined;
    throw error;
  }
}

function mayHaveImage(pid: number, surroundings: Surroundings, pageCount: number): boolean {
  const { table, attributes, unwatched } = surroundings;
  if (table.shared.length > SHARED_MAX) return false;
  if (unwatched.some(({ kind }) => kind === 'missing' || kind === 'protected')) return false;
  if (attributes !== undefined && isAsking(table, attributes)) return false;
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  // Huge pages of the pool can run out, and are then taken away from one of two that share them.
  if (kbOf(status, 'HugetlbPages') !== 0) return false;
  if (pageCount < (SHARE_MIN * kbOf(status, 'VmRSS') * 1024) / PAGE_SIZE) return false;
  if (isCrowded(pid)) return false;
  return readFileSync('/proc/sys/vm/overcommit_memory', 'latin1').trim() !== STRICT;
}

/** An image is a process more, and the program might be refused the last one that it may have. */
function isCrowded(pid: number): boolean {
  const max = parseSoftLimit(readFileSync(`/proc/${pid}/limits`, 'latin1'), 'Max processes');
  // Of how many are its user's nothing tells: no more than there are, threads and all.
  const all = Number(/\/(\d+)/.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1]);
  return all > CROWDED * max;
}

function isAsking({ shared }: MappingTable, attributes: readonly AttributeRange[]): boolean {
  return shared.some(({ start }) => {
    const flags = findAttributes(attributes, start)?.flags;
    return flags === undefined || ASKS.some((flag) => flags.has(flag));
  });
}

/** Of `own`, what `image` has as well, and what it has not; both ascending. */
export function divide(own: PageRanges, image: PageRanges): { both: PageRanges; rest: PageRanges } {
  const [both, rest] = [new PageRanges(), new PageRanges()];
  let other = 0;
  for (const [index, start] of own.starts.entries()) {
    const end = own.ends[index] ?? start;
    let from = start;
    while (from < end) {
      while ((image.ends[other] ?? Infinity) <= from) other += 1;
      const [otherStart, otherEnd] = [image.starts[other] ?? Infinity, image.ends[other] ?? 0];
      const isBoth = otherStart <= from;
      const to = Math.min(end, isBoth ? otherEnd : otherStart);
      (isBoth ? both : rest).push(from, to);
      from = to;
    }
  }
  return { both, rest };
}

/** `own` without the pages of a range of addresses. */
export function without(own: PageRanges, { start, end }: Range): PageRanges {
  const holes = new PageRanges();
  if (end > start) holes.push(Math.floor(start / PAGE_SIZE), Math.ceil(end / PAGE_SIZE));
  return divide(own, holes).rest;
}
