/**
 * What /proc/PID/maps does not show of the mappings of a program that has become large: the kernel
 * walks all page tables to tell, which takes as long as an image of them. So it is read from the
 * image, when its memory has been given back.
 *
 * The image has all that the program had, flag by flag, but for three: its mappings are not under
 * our userfaultfd, none is locked, and those that are not to be inherited are not there.
 *
 * Source: kernel/fork.c, dup_mmap.
 */
import { readFileSync } from 'node:fs';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { Mapping } from '../../procfs/maps.ts';
import type { MemoryImage } from '../../tracee/memory-image.ts';
import type { Attributes, AttributeReader } from './attributes.ts';
import { findAttributes } from './attributes.ts';
import type { MappingTable } from './mapping-table.ts';

/** Chosen: what is smaller is read in the stop, in a millisecond at most. */
const RESIDENT_MIN_MB = 32;
const MB = 1 << 20;
/** Of each resident megabyte: measured. */
const COST_MS = 0.03;
/** Others may wait for these to be let go of, or count them. */
const COUNTED = /^\/(memfd:|SYSV|dev\/|\[aio\]|anon_hugepage)/;

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Attributes that are known later, and by whom they are needed till then. */
export interface LaterAttributes {
  readonly table: MappingTable;
  readonly attributes: Attributes;
  readonly costMs: number;
}

/** Undefined: they are read in the stop. */
export function postponeAttributes(
  pid: number,
  table: MappingTable,
  reader: AttributeReader,
): LaterAttributes | undefined {
  if (!reader.isWanted(true) || !table.shared.every(isQuiet)) return undefined;
  const residentPages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  const residentMb = (residentPages * PAGE_SIZE) / MB;
  if (residentMb < RESIDENT_MIN_MB) return undefined;
  if (kbOf(readFileSync(`/proc/${pid}/status`, 'latin1'), 'VmLck') !== 0) return undefined;
  return { table, attributes: reader.postpone(), costMs: residentMb * COST_MS };
}

/** A shared mapping that an image may keep for a while. */
export function isQuiet({ writable, path }: Mapping): boolean {
  return !writable && path.startsWith('/') && !COUNTED.test(path);
}

/** The image has every mapping that the program has. */
export function isComplete({ table }: LaterAttributes, image: MemoryImage | undefined): boolean {
  return image !== undefined && readFileSync(`/proc/${image.pid}/maps`).equals(table.text);
}

/** Where they cannot be read any more they stay unknown, and are named so. */
export function readLater(
  { table, attributes, costMs }: LaterAttributes,
  image: MemoryImage,
  reader: AttributeReader,
): void {
  if (image.isLost) return;
  const ranges = reader.adopt(image.pid, table.tracked, costMs);
  if (ranges === undefined) return;
  // Files were held for reading, as far as anybody knew.
  const isHeld = table.shared.every(
    ({ start }) => findAttributes(ranges, start)?.flags.has('mw') === false,
  );
  const known: Writable<Attributes> = attributes;
  known.ranges = ranges;
  known.isExact = isHeld;
  known.readMs = Date.now();
}

/** A line of /proc/PID/status; 0: there is none. */
export function kbOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}
