/**
 * Maps part of a file again by letting the mapping before it grow.
 *
 * Neighbours that show the same file join only where both have it from one open(2). A file that is
 * opened anew for a rollback would stay a mapping of its own for ever, and falls that each tear
 * another hole would leave more mappings each time.
 *
 * Source: mm/vma.c, can_vma_merge_after; mremap(2).
 */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { findMapping, isAnonymous, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import { findAttributes } from './attributes.ts';

/** What neither advice nor protection changes, or not every time. */
const KEPT_FLAGS = ['gd', 'nr', 'dp', 'hg', 'nh', 'lo', 'lf', 'ht'];

/**
 * Grow what is mapped before the range into it, with `protection`. False: that cannot be done, and
 * the range is to be mapped over.
 *
 * @param mapping what is to be there
 * @param mappings those of the point, as are the attributes
 */
export function growInto(
  calls: RemoteCalls,
  { start, end }: Range,
  mapping: Mapping,
  protection: number,
  mappings: readonly Mapping[],
  attributes: readonly AttributeRange[],
): boolean {
  const before = findMapping(mappings, start - 1);
  if (isAnonymous(mapping) || before === undefined) return false;
  if (before !== mapping && !continues(before, mapping, attributes)) return false;
  calls.call(SYS.munmap, start, end - start);
  const size = end - start;
  const last = start - PAGE_SIZE;
  if (calls.call(SYS.mremap, last, PAGE_SIZE, PAGE_SIZE + size, 0) !== last) return false;
  return calls.call(SYS.mprotect, start, size, protection) === 0;
}

/** Whether `mapping` would be the rest of the one before it, were it not for its protection. */
function continues(
  before: Mapping,
  mapping: Mapping,
  attributes: readonly AttributeRange[],
): boolean {
  if (before.shared || mapping.shared || before.inode !== mapping.inode) return false;
  if (before.device !== mapping.device) return false;
  if (before.offset + (before.end - before.start) !== mapping.offset) return false;
  const flags = findAttributes(attributes, mapping.start)?.flags;
  const flagsBefore = findAttributes(attributes, before.start)?.flags;
  if (flags === undefined || flagsBefore === undefined) return false;
  return KEPT_FLAGS.every((flag) => flags.has(flag) === flagsBefore.has(flag));
}
