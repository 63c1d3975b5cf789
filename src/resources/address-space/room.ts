/**
 * Whether the mappings of a point still have room: limits can have been lowered since, and a
 * mapping that they refuse would be found out when others are gone already.
 *
 * Source: mm/mmap.c, may_expand_vm; mm/vma.c, is_data_mapping.
 */
import { readFileSync } from 'node:fs';
import type { MappingStep } from '../../points/plan-mappings.ts';
import { parseSoftLimit } from '../../procfs/limits.ts';
import { isKernelMapping, type Mapping } from '../../procfs/maps.ts';
import { SCRATCH_SIZE } from '../../tracee/scratch.ts';
import { Obstacle } from '../resource.ts';

/** Chosen: what remote calls and the joining of neighbours can need for a moment. */
const SPARE_MAPPINGS = 8;

/** Why the steps cannot be done within the limits of process `pid`; undefined: they can. */
export function findLackOfRoom(
  pid: number,
  now: readonly Mapping[],
  wanted: readonly Mapping[],
  steps: readonly MappingStep[],
): Obstacle | undefined {
  if (steps.length === 0) return undefined;
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  const own = wanted.filter((mapping) => mapping.path !== '[vsyscall]');
  const whole = sizeOf(own) + SCRATCH_SIZE;
  if (whole > parseSoftLimit(limits, 'Max address space')) {
    return new Obstacle(`its mappings take ${whole} bytes, more than RLIMIT_AS is now`);
  }
  const data = sizeOf(own.filter(isData)) + SCRATCH_SIZE;
  if (data > parseSoftLimit(limits, 'Max data size')) {
    return new Obstacle(`its data takes ${data} bytes, more than RLIMIT_DATA is now`);
  }
  // Each one that is unmapped can leave two of what was one.
  const unmapped = steps.filter(({ kind }) => kind === 'unmap').length;
  const count = Math.max(now.length + unmapped, wanted.length) + SPARE_MAPPINGS;
  const most = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  if (count <= most) return undefined;
  return new Obstacle(`it would have ${count} mappings, more than vm.max_map_count`);
}

function sizeOf(mappings: readonly Mapping[]): number {
  return mappings.reduce((sum, { start, end }) => sum + end - start, 0);
}

function isData(mapping: Mapping): boolean {
  return mapping.writable && !mapping.shared && !isStack(mapping) && !isKernelMapping(mapping);
}

function isStack({ path }: Mapping): boolean {
  return path === '[stack]';
}
