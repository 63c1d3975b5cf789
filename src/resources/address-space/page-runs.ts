/** Runs of pages that are to be given back: found in a list, and dropped by one call each. */
import { at } from '../../at.ts';
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { findMapping, type Mapping } from '../../procfs/maps.ts';
import { MADV_DONTNEED, MADV_DONTNEED_LOCKED } from '../../sys/madvise.ts';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from '../../sys/mmap.ts';
import { protectionOf } from './protection.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

/** Neighbouring pages of one mapping, by number; the end is exclusive. */
export interface PageRun {
  readonly first: number;
  readonly end: number;
  readonly mapping: Mapping;
}

/** Sorts `pages` and joins neighbours; pages outside every mapping are left out. */
export function splitRuns(pages: number[], mappings: readonly Mapping[]): PageRun[] {
  pages.sort((a, b) => a - b);
  const runs: PageRun[] = [];
  for (let index = 0; index < pages.length;) {
    const first = at(pages, index);
    const mapping = findMapping(mappings, first * PAGE_SIZE);
    let end = first + 1;
    for (index += 1; index < pages.length; index += 1) {
      const page = at(pages, index);
      if (page > end || (mapping !== undefined && page * PAGE_SIZE >= mapping.end)) break;
      end = page + 1;
    }
    if (mapping !== undefined) runs.push({ first, end, mapping });
  }
  return runs;
}

/** Have the program drop a run: zeros, or the file's content, come back. False: it could not. */
export function dropRun(first: number, end: number, remote: RemoteSource): boolean {
  const { calls } = remote();
  const address = first * PAGE_SIZE;
  const size = (end - first) * PAGE_SIZE;
  // Locked memory takes an advice of its own.
  return (
    calls.call(SYS.madvise, address, size, MADV_DONTNEED) === 0 ||
    calls.call(SYS.madvise, address, size, MADV_DONTNEED_LOCKED) === 0
  );
}

/**
 * Have the program put anonymous memory in the place of a run of a private file's pages. False: it
 * is none, or it could not.
 */
export function replaceRun({ first, end, mapping }: PageRun, remote: RemoteSource): boolean {
  if (mapping.shared || mapping.inode === 0) return false;
  const address = first * PAGE_SIZE;
  const size = (end - first) * PAGE_SIZE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  const { calls } = remote();
  return calls.call(SYS.mmap, address, size, protectionOf(mapping), flags, -1, 0) === address;
}
