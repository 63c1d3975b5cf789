/**
 * Joins neighbours that differ in nothing, and were one mapping at the point.
 *
 * The kernel looks whether neighbours join only when a call changes one of them. What a call has
 * cut in two, and then refused to do (munmap over something sealed), stays cut. So one of them is
 * changed for a moment, in what has no effect meanwhile: whether a child gets it.
 *
 * Source: mm/vma.c, vms_gather_munmap_vmas, vma_modify.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { findMapping, isKernelMapping, type Mapping } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { MADV_DOFORK, MADV_DONTFORK } from '../../sys/madvise.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import { findAttributes } from './attributes.ts';

/** Those of now that begin within a mapping of `wanted`, right behind another part of it. */
export function findCuts(now: readonly Mapping[], wanted: readonly Mapping[]): Mapping[] {
  return now.filter((mapping, index) => {
    const before = now[index - 1];
    if (before?.end !== mapping.start || mapping.shared || isKernelMapping(mapping)) return false;
    const whole = findMapping(wanted, before.start);
    return whole !== undefined && mapping.end <= whole.end;
  });
}

/** `attributes`: as they are now. */
export function joinAgain(
  cuts: readonly Mapping[],
  attributes: readonly AttributeRange[],
  calls: RemoteCalls,
): void {
  for (const { start, end } of cuts) {
    const flags = findAttributes(attributes, start)?.flags;
    if (flags === undefined || flags.has('sl') || flags.has('io')) continue;
    const pair = flags.has('dc') ? [MADV_DOFORK, MADV_DONTFORK] : [MADV_DONTFORK, MADV_DOFORK];
    for (const advice of pair) calls.call(SYS.madvise, start, end - start, advice);
  }
}
