/**
 * The calls that make mappings what a plan says; what can be refused is in hand by then. Where
 * `prepare` has asked for the reasons that each can have to fail:
 *
 *   munmap     seals (findSealed), the number of mappings (room.ts)
 *   mmap       RLIMIT_AS, RLIMIT_DATA, the number (room.ts); RLIMIT_MEMLOCK, low pages (trials.ts);
 *              PR_SET_MDWE (rigid.ts); the file and the access to it (claimed-files.ts); segments
 *              and huge pages (parked.ts)
 *   mprotect   seals, RLIMIT_DATA, the number; PR_SET_MDWE, and what the mapping may be (rigid.ts)
 *   brk        RLIMIT_AS, RLIMIT_DATA as mmap; what stands right above it (trials.ts). Not asked:
 *              the kernel's own sum for RLIMIT_DATA
 *   all three  not asked: vm.overcommit_memory 2, the memory of the machine and of control groups
 */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { BelayError } from '../../errors.ts';
import type { MappingStep } from '../../points/plan-mappings.ts';
import { isAnonymous, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import {
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_WRITE,
} from '../../sys/mmap.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import { findAttributes } from './attributes.ts';
import type { ClaimedFiles } from './claimed-files.ts';
import { growInto } from './grow-into.ts';
import { isAccounted } from './missing.ts';
import { protectionOf } from './protection.ts';

type Filled = MappingStep & { readonly kind: 'map' | 'protect' };

/**
 * Larger private mappings are made without reserving swap, where it is
 * not known how they were made: their maker surely did not. Chosen.
 */
const RESERVE_MAX_BYTES = 1 << 30;

/**
 * Put the program break back. Lowering it unmaps what lies above, but fails where nothing is mapped
 * there any more; raising it maps fresh pages, but fails where something is in the way.
 */
export function restoreBreak(calls: RemoteCalls, wanted: number): void {
  const now = calls.call(SYS.brk, 0);
  if (now === wanted) return;
  const low = roundUp(Math.min(now, wanted));
  const size = roundUp(Math.max(now, wanted)) - low;
  if (size > 0) {
    if (now > wanted) {
      // One page will do, and one that may not be touched counts as no data.
      calls.call(SYS.mmap, low, PAGE_SIZE, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    } else calls.call(SYS.munmap, low, size);
  }
  const result = calls.call(SYS.brk, wanted);
  if (result === wanted) return;
  throw new BelayError('EFALLBACK', `cannot put the program break back to ${wanted.toString(16)}`);
}

/** The state to go to, and how. */
export interface Goal {
  /** Those of the point. */
  readonly mappings: readonly Mapping[];
  readonly attributes: readonly AttributeRange[];
  readonly files: ClaimedFiles;
  /** Nothing may become executable that was not mapped so. */
  readonly isExecRefused: boolean;
  /** Told of what a mapping has grown into: it is as new as what is mapped over. */
  readonly onGrown: (range: Range) => void;
}

/** Do the steps one after the other. */
export function performSteps(steps: readonly MappingStep[], goal: Goal): void {
  const { attributes, isExecRefused } = goal;
  const { calls } = goal.files;
  for (const step of steps) {
    const size = step.end - step.start;
    if (step.kind === 'unmap') calls.callOrThrow('munmap', SYS.munmap, step.start, size);
    else if (step.kind === 'protect') protect(calls, step);
    else {
      const flags = findAttributes(attributes, step.start)?.flags;
      const isBriefly = isAccounted(step.mapping, flags);
      const isWritable = isBriefly && !(isExecRefused && step.mapping.executable);
      mapAgain(calls, goal, step, flags, isWritable);
    }
  }
}

function protect(calls: RemoteCalls, step: Filled): void {
  const { start, end } = step;
  const protection = protectionOf(step.mapping);
  calls.callOrThrow('mprotect', SYS.mprotect, start, end - start, protection);
}

function roundUp(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}

/**
 * @param flags of the kernel's: undefined where they are not known
 * @param isWritable at first, whatever it is in the end
 */
function mapAgain(
  calls: RemoteCalls,
  { files, mappings, attributes, onGrown }: Goal,
  step: Filled,
  flags: ReadonlySet<string> | undefined,
  isWritable: boolean,
): void {
  const { mapping, start, end } = step;
  const size = end - start;
  const protection = protectionOf(mapping) | (isWritable ? PROT_WRITE : 0);
  if (isAnonymous(mapping)) {
    const how = anonymousFlags(mapping, size, flags);
    calls.callOrThrow('mmap', SYS.mmap, start, size, protection, how, -1, 0);
  } else if (files.parked.moveTo(step, mapping, protection, calls)) {
    // It is as new as what is mapped.
  } else if (growInto(calls, step, mapping, protection, mappings, attributes)) {
    onGrown(step);
  } else {
    const reserve = flags?.has('nr') === true ? MAP_NORESERVE : 0;
    const how = (mapping.shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED | reserve;
    const offset = mapping.offset + (start - mapping.start);
    const fd = files.descriptorOf(mapping);
    const result = calls.call(SYS.mmap, start, size, protection, how, fd, offset);
    if (result < 0) throw cannotRestore([step]);
  }
  if (isWritable) protect(calls, step);
}

function anonymousFlags(
  mapping: Mapping,
  sizeBytes: number,
  flags: ReadonlySet<string> | undefined,
): number {
  const grows = flags?.has('gd') ?? mapping.path === '[stack]';
  const isReserved = flags === undefined ? sizeBytes <= RESERVE_MAX_BYTES : !flags.has('nr');
  return (
    (flags?.has('dp') === true ? MAP_DROPPABLE : MAP_PRIVATE) |
    (grows ? MAP_GROWSDOWN : 0) |
    (isReserved ? 0 : MAP_NORESERVE) |
    MAP_ANONYMOUS |
    MAP_FIXED
  );
}

export function cannotRestore(steps: readonly MappingStep[]): BelayError {
  const list = steps.slice(0, 4).map((step) => {
    const pages = (step.end - step.start) / PAGE_SIZE;
    const name = step.kind === 'unmap' ? '' : ` ${step.mapping.path}`;
    return `${step.kind} 0x${step.start.toString(16)} (${pages} pages)${name}`;
  });
  return new BelayError('EFALLBACK', `cannot put mappings back: ${list.join(', ')}`);
}
