/** The calls that make attributes and names of mappings what a plan says. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { errnoName } from '../../errors.ts';
import { findLasting, type Advice, type AttributeStep } from '../../points/plan-attributes.ts';
import type { NameStep } from '../../points/plan-names.ts';
import { findMapping, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import * as madvise from '../../sys/madvise.ts';
import { MLOCK_ONFAULT } from '../../sys/mmap.ts';
import { PR_SET_VMA, PR_SET_VMA_ANON_NAME } from '../../sys/prctl.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Scratch } from '../../tracee/scratch.ts';
import { LOST, type Named } from '../resource.ts';
import type { Attributes } from './attributes.ts';
import { protectionOf } from './protection.ts';

const ADVICE: Readonly<Record<Advice, number>> = {
  NORMAL: madvise.MADV_NORMAL,
  RANDOM: madvise.MADV_RANDOM,
  SEQUENTIAL: madvise.MADV_SEQUENTIAL,
  DONTFORK: madvise.MADV_DONTFORK,
  DOFORK: madvise.MADV_DOFORK,
  MERGEABLE: madvise.MADV_MERGEABLE,
  UNMERGEABLE: madvise.MADV_UNMERGEABLE,
  HUGEPAGE: madvise.MADV_HUGEPAGE,
  NOHUGEPAGE: madvise.MADV_NOHUGEPAGE,
  DONTDUMP: madvise.MADV_DONTDUMP,
  DODUMP: madvise.MADV_DODUMP,
  WIPEONFORK: madvise.MADV_WIPEONFORK,
  KEEPONFORK: madvise.MADV_KEEPONFORK,
};
/** Said where the point has an older reading. */
export const UNSURE = 'its attributes may have been changed before the point or after it';
const LASTING = 'it has been sealed since, or advised about huge pages, which nothing takes back';
/** Locking what may not be touched sets the attribute all the same. */
const ENOMEM = 12;

/** Answers what the kernel would not do. */
export function mendAttributes(
  steps: readonly AttributeStep[],
  mappings: readonly Mapping[],
  calls: RemoteCalls,
): Named[] {
  const refused: Named[] = [];
  for (const step of steps) {
    const result = perform(step, mappings, calls);
    const isDone = result >= 0 || (step.kind === 'lock' && result === -ENOMEM);
    if (!isDone) refused.push(nameLoss(step, `${describe(step)}: ${errnoName(-result)}`));
  }
  return refused;
}

export function mendNames(
  steps: readonly NameStep[],
  calls: RemoteCalls,
  scratch: Scratch,
): Named[] {
  return steps.flatMap((step) => {
    const { start, end, name } = step;
    const address = name === undefined ? 0 : scratch.put(Buffer.from(`${name}\0`, 'latin1'));
    const size = end - start;
    const result = calls.call(SYS.prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, size, address);
    return result < 0 ? [nameLoss(step, `its name was not put back: ${errnoName(-result)}`)] : [];
  });
}

/** What differs for good. @param now as they are after all that could be done */
export function nameLasting(now: readonly AttributeRange[], wanted: Attributes): Named[] {
  return findLasting(now, wanted.ranges).map((range) => {
    return nameLoss(range, wanted.isExact ? LASTING : UNSURE);
  });
}

/** A loss of the mapping at `range`, in words. */
export function nameLoss({ start, end }: Range, text: string): Named {
  const range = `0x${start.toString(16)}-0x${end.toString(16)}`;
  return { bit: LOST.mappings, text: `mapping ${range}: ${text}` };
}

function perform(step: AttributeStep, mappings: readonly Mapping[], calls: RemoteCalls): number {
  const { start, end } = step;
  const size = end - start;
  switch (step.kind) {
    case 'advise':
      return calls.call(SYS.madvise, start, size, ADVICE[step.advice]);
    case 'lock':
      return calls.call(SYS.mlock, start, size);
    case 'lock-on-fault':
      return calls.call(SYS.mlock2, start, size, MLOCK_ONFAULT);
    case 'unlock':
      return calls.call(SYS.munlock, start, size);
    case 'key':
      return setKey(step, step.key, mappings, calls);
  }
}

/** A key goes with a protection, which can differ from mapping to mapping. */
function setKey(
  { start, end }: Range,
  key: number,
  mappings: readonly Mapping[],
  calls: RemoteCalls,
): number {
  for (let at = start; at < end;) {
    const mapping = findMapping(mappings, at);
    if (mapping === undefined) return 0;
    const size = Math.min(mapping.end, end) - at;
    const result = calls.call(SYS.pkey_mprotect, at, size, protectionOf(mapping), key);
    if (result < 0) return result;
    at += size;
  }
  return 0;
}

function describe(step: AttributeStep): string {
  switch (step.kind) {
    case 'advise':
      return `MADV_${step.advice} was refused`;
    case 'key':
      return `protection key ${step.key} was refused`;
    default:
      return `${step.kind} was refused`;
  }
}
