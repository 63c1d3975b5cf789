/**
 * Whether the mappings of a point still have room: limits can have been lowered since, and a
 * mapping that they refuse would be found out when others are gone already.
 *
 * Source: mm/mmap.c, may_expand_vm; mm/vma.c, is_data_mapping.
 */
import { readFileSync } from 'node:fs';
import { countPeak } from '../../points/mapping-peaks.ts';
import { planMappings, type MappingStep } from '../../points/plan-mappings.ts';
import { parseSoftLimit } from '../../procfs/limits.ts';
import { hasObject, isKernelMapping, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { RLIMIT_AS, RLIMIT_DATA, tryReadSoftLimit } from '../../sys/prlimit.ts';
import { SCRATCH_SIZE } from '../../tracee/scratch.ts';
import { Obstacle } from '../resource.ts';
import { findAttributes } from './attributes.ts';
import { isAccounted } from './missing.ts';

/** Chosen: what remote calls and the joining of neighbours can need for a moment. */
const SPARE_MAPPINGS = 8;

/**
 * Why those of now, without `anew`, cannot be made those wanted within the limits of process `pid`;
 * undefined: they can. `attributes`: those of the point.
 */
export function findLackOfRoom(
  pid: number,
  mapped: readonly Mapping[],
  wanted: readonly Mapping[],
  anew: readonly Range[],
  attributes: readonly AttributeRange[],
): Obstacle | undefined {
  const cleared = anew.map(({ start, end }) => ({ kind: 'unmap', start, end }) as const);
  const now = mapped.flatMap((mapping) => without(mapping, anew));
  const steps = planMappings(now, wanted);
  const obstacle = findLackOfSpace(pid, wanted, sizeOfPassing(now, steps, attributes));
  if (obstacle !== undefined || steps.length + anew.length === 0) return obstacle;
  const peak = Math.max(countPeak(mapped, cleared), countPeak(now, steps), wanted.length);
  const count = peak + SPARE_MAPPINGS;
  const most = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  if (count <= most) return undefined;
  return new Obstacle(`it would have ${count} mappings, more than vm.max_map_count`);
}

/**
 * The same where the mappings are those of the point already: for what else is put back our own
 * page must have room beside them.
 */
export function findLackOfScratch(pid: number, mapped: readonly Mapping[]): Obstacle | undefined {
  const isFree = [RLIMIT_AS, RLIMIT_DATA].every((of) => tryReadSoftLimit(pid, of) === Infinity);
  return isFree ? undefined : findLackOfSpace(pid, mapped, 0);
}

/** `passing`: bytes that count as data for a moment. */
function findLackOfSpace(
  pid: number,
  wanted: readonly Mapping[],
  passing: number,
): Obstacle | undefined {
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  const own = wanted.filter((mapping) => mapping.path !== '[vsyscall]');
  const whole = sizeOf(own) + SCRATCH_SIZE;
  if (whole > parseSoftLimit(limits, 'Max address space')) {
    return new Obstacle(`its mappings take ${whole} bytes, more than RLIMIT_AS is now`);
  }
  const data = sizeOf(own.filter(isData)) + SCRATCH_SIZE + passing;
  if (data <= parseSoftLimit(limits, 'Max data size')) return undefined;
  return new Obstacle(`its data takes ${data} bytes, more than RLIMIT_DATA is now`);
}

/** What counts as data for a moment: what is mapped over later, and what is writable at first. */
function sizeOfPassing(
  now: readonly Mapping[],
  steps: readonly MappingStep[],
  attributes: readonly AttributeRange[],
): number {
  const data = now.filter(isData);
  let [covered, brief, first] = [0, 0, 0];
  for (const step of steps) {
    if (step.kind !== 'map' || isData(step.mapping)) continue;
    const { start, end, mapping } = step;
    while ((data[first]?.end ?? Infinity) <= start) first += 1;
    for (let index = first; (data[index]?.start ?? end) < end; index += 1) {
      covered += Math.min(data[index]?.end ?? 0, end) - Math.max(data[index]?.start ?? 0, start);
    }
    const isBrief = isAccounted(mapping, findAttributes(attributes, start)?.flags);
    if (isBrief) brief = Math.max(brief, end - start);
  }
  return covered + brief;
}

function without(mapping: Mapping, holes: readonly Range[]): Mapping[] {
  let parts = [mapping];
  for (const { start, end } of holes) {
    if (start >= mapping.end || end <= mapping.start) continue;
    parts = parts.flatMap((part) => [
      ...within(part, { start: 0, end: start }),
      ...within(part, { start: end, end: Infinity }),
    ]);
  }
  return parts;
}

/** The part of it that lies in `range`. */
function within(mapping: Mapping, range: Range): Mapping[] {
  const start = Math.max(mapping.start, range.start);
  const end = Math.min(mapping.end, range.end);
  const offset = hasObject(mapping) ? mapping.offset + start - mapping.start : mapping.offset;
  return start < end ? [{ ...mapping, start, end, offset }] : [];
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
