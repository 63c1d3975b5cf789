/**
 * Shared memory to which only its mappings lead: memory without a name or a descriptor, where belay
 * has no privilege to open it (map_files). Its size cannot change, for that takes a descriptor.
 *
 * What is there the program has to be asked (mincore(2)), since its page tables show only what it
 * has touched itself, and to read a hole would fill it. That shows as absent what is swapped out,
 * so nothing is done while anything is.
 */
import { readFileSync } from 'node:fs';
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import type { Mapping } from '../../procfs/maps.ts';
import { SCRATCH_SIZE } from '../../tracee/scratch.ts';
import type { Stopped } from '../stopped.ts';
import type { Access } from './access.ts';
import type { PageSpan } from './page-spans.ts';

/** Chosen: a call of the program, and a fraction of a millisecond. */
const MAPPED_MAX_BYTES = 64 << 20;
const EFAULT = 14;

export class MappedAccess implements Access {
  readonly sizeBytes: number;
  readonly seals = 0;
  private readonly stopped: Stopped;
  /** By their offset. */
  private readonly mappings: readonly Mapping[];

  constructor(stopped: Stopped, mappings: readonly Mapping[]) {
    this.stopped = stopped;
    this.mappings = [...mappings].sort((a, b) => a.offset - b.offset);
    this.sizeBytes = endOf(this.mappings);
  }

  listData(maxPages: number): readonly PageSpan[] | undefined {
    const spans: { first: number; end: number }[] = [];
    let count = 0;
    let known = 0;
    for (const mapping of this.mappings) {
      const from = Math.max(known, mapping.offset);
      known = Math.max(known, mapping.offset + mapping.end - mapping.start);
      for (const page of this.listPresent(mapping, from, known)) {
        count += 1;
        if (count > maxPages) return undefined;
        const last = spans.at(-1);
        if (last?.end === page) last.end += 1;
        else spans.push({ first: page, end: page + 1 });
      }
    }
    return spans;
  }

  read(to: number, offset: number, sizeBytes: number): number {
    const { target } = this.stopped;
    for (let done = 0; done < sizeBytes;) {
      const part = this.find(offset + done, false);
      if (part === undefined) return done;
      const size = Math.min(part.sizeBytes, sizeBytes - done);
      if (target.forceReadInto(to + done, part.address, size) !== size) return -EFAULT;
      done += size;
    }
    return sizeBytes;
  }

  /** Where a byte of it is mapped, and how many behind it; where it can be written, if that is. */
  find(offset: number, isToBeWritten: boolean) {
    const found = this.mappings.filter((mapping) => {
      return offset >= mapping.offset && offset < mapping.offset + mapping.end - mapping.start;
    });
    const mapping =
      (isToBeWritten ? found.find(({ writable }) => writable) : undefined) ?? found[0];
    if (mapping === undefined) return undefined;
    const address = mapping.start + offset - mapping.offset;
    return { mapping, address, sizeBytes: mapping.end - address };
  }

  private *listPresent(mapping: Mapping, from: number, end: number): Generator<number> {
    const { calls, scratch } = this.stopped.remote();
    const { start, offset: base } = mapping;
    for (let offset = from; offset < end; offset += SCRATCH_SIZE * PAGE_SIZE) {
      const size = Math.min(end - offset, SCRATCH_SIZE * PAGE_SIZE);
      const place = scratch.reserve(size / PAGE_SIZE);
      calls.callOrThrow('mincore', SYS.mincore, start + offset - base, size, place);
      const states = this.stopped.target.read(place, size / PAGE_SIZE);
      for (const [index, state] of states.entries()) {
        if ((state & 1) !== 0) yield offset / PAGE_SIZE + index;
      }
    }
  }
}

/** All of it is mapped, from its beginning on, and not too much. */
export function isWhollyMapped(mappings: readonly Mapping[]): boolean {
  const sorted = [...mappings].sort((a, b) => a.offset - b.offset);
  let known = 0;
  for (const { offset, start, end } of sorted) {
    if (offset > known) return false;
    known = Math.max(known, offset + end - start);
  }
  return known > 0 && known <= MAPPED_MAX_BYTES;
}

export function endOf(mappings: readonly Mapping[]): number {
  return Math.max(0, ...mappings.map(({ offset, start, end }) => offset + end - start));
}

/** Something is swapped out, of whoever it is: /proc/swaps, "Used". */
export function isSwapUsed(): boolean {
  try {
    const [, ...lines] = readFileSync('/proc/swaps', 'latin1').trim().split('\n');
    return lines.some((line) => line.split(/\s+/)[3] !== '0');
  } catch {
    return true;
  }
}
