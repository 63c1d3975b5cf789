/** The calls that make mappings what a plan says; what can be refused is in hand by then. */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import { BelayError } from '../../errors.ts';
import type { MappingStep } from '../../points/plan-mappings.ts';
import { isAnonymous, type Mapping } from '../../procfs/maps.ts';
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_STACK,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from '../../sys/mmap.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { ClaimedFiles } from './claimed-files.ts';

/** Larger private mappings are made without reserving swap: their maker surely did not. Chosen. */
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
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
      calls.call(SYS.mmap, low, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    } else calls.call(SYS.munmap, low, size);
  }
  const result = calls.call(SYS.brk, wanted);
  if (result === wanted) return;
  throw new BelayError('EFALLBACK', `cannot put the program break back to ${wanted.toString(16)}`);
}

/** Do the steps one after the other. */
export function performSteps(steps: readonly MappingStep[], files: ClaimedFiles): void {
  const { calls } = files;
  for (const step of steps) {
    const size = step.end - step.start;
    if (step.kind === 'unmap') calls.callOrThrow('munmap', SYS.munmap, step.start, size);
    else if (step.kind === 'map') mapAgain(calls, files, step);
    else {
      const protection = protectionOf(step.mapping);
      calls.callOrThrow('mprotect', SYS.mprotect, step.start, size, protection);
    }
  }
}

function roundUp(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}

function protectionOf(mapping: Mapping): number {
  return (
    (mapping.readable ? PROT_READ : 0) |
    (mapping.writable ? PROT_WRITE : 0) |
    (mapping.executable ? PROT_EXEC : 0)
  );
}

function mapAgain(
  calls: RemoteCalls,
  files: ClaimedFiles,
  step: MappingStep & { readonly kind: 'map' | 'protect' },
): void {
  const { mapping, start, end } = step;
  const protection = protectionOf(mapping);
  const size = end - start;
  if (isAnonymous(mapping)) {
    const grows = mapping.path === '[stack]' ? MAP_GROWSDOWN | MAP_STACK : 0;
    const reserve = size > RESERVE_MAX_BYTES ? MAP_NORESERVE : 0;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | grows | reserve;
    calls.callOrThrow('mmap', SYS.mmap, start, size, protection, flags, -1, 0);
    return;
  }
  const flags = (mapping.shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED;
  const offset = mapping.offset + (start - mapping.start);
  const fd = files.descriptorOf(mapping);
  const result = calls.call(SYS.mmap, start, size, protection, flags, fd, offset);
  if (result < 0) throw cannotRestore([step]);
}

export function cannotRestore(steps: readonly MappingStep[]): BelayError {
  const list = steps.slice(0, 4).map((step) => {
    const pages = (step.end - step.start) / PAGE_SIZE;
    const name = step.kind === 'unmap' ? '' : ` ${step.mapping.path}`;
    return `${step.kind} 0x${step.start.toString(16)} (${pages} pages)${name}`;
  });
  return new BelayError('EFALLBACK', `cannot put mappings back: ${list.join(', ')}`);
}
