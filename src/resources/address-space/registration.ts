/**
 * Which memory is registered for write-protection with our userfaultfd.
 *
 * Registration does not survive munmap, a mapping placed over another, or mremap: what is not
 * registered has been made since, or was refused. It is refused what is under another userfaultfd,
 * or droppable. That is asked again each time, since its owner can let go.
 */
import { at } from '../../at.ts';
import type { Mapping, Range } from '../../procfs/maps.ts';
import { uffdioRegister, uffdioUnregister } from '../../sys/userfaultfd.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

export class Registration {
  /** What no registration covers: the kernel's own mappings, shared ones, and what was refused. */
  untracked: Range[] = [];
  /** Parts of private mappings that the kernel refused to register. */
  refused: readonly Range[] = [];
  private readonly uffd: number;
  private readonly written: WrittenPages;
  private readonly unregistered = new PageRanges();

  constructor(uffd: number, written: WrittenPages) {
    this.uffd = uffd;
    this.written = written;
  }

  /** Whether something is unregistered that was not when `register` was called. */
  hasNew(): boolean {
    this.findUnregistered();
    const { starts, ends } = this.unregistered;
    if (starts.length !== this.untracked.length) return true;
    return this.untracked.some(
      (range, index) => range.start !== starts[index] || range.end !== ends[index],
    );
  }

  /** What was refused can be registered now, and is: another mapping, or its owner has let go. */
  hasRelented(): boolean {
    return this.refused.some(({ start, end }) => uffdioRegister(this.uffd, start, end) === 0);
  }

  /** Parts of `tracked` that have been made since `register` was called. */
  findNew(tracked: readonly Mapping[]): Range[] {
    this.findUnregistered();
    const parts = tracked.flatMap((mapping) => this.partsOf(mapping));
    return parts.filter((part) => !isWithin(this.refused, part));
  }

  /** Register what is not; the ranges that were not. */
  register(tracked: readonly Mapping[]): Range[] {
    this.findUnregistered();
    const found: Range[] = [];
    const refused: Range[] = [];
    for (const range of tracked.flatMap((mapping) => this.partsOf(mapping))) {
      const isRegistered = uffdioRegister(this.uffd, range.start, range.end) === 0;
      (isRegistered ? found : refused).push(range);
    }
    this.refused = refused;
    this.findUnregistered();
    this.untracked = this.unregistered.starts.map((start, index) => ({
      start,
      end: at(this.unregistered.ends, index),
    }));
    return found;
  }

  /** Let another userfaultfd have [start, end). From the next point on it is seen as refused. */
  giveWay(start: number, end: number): void {
    uffdioUnregister(this.uffd, start, end);
  }

  private findUnregistered(): void {
    this.unregistered.clear();
    this.written.findUnregistered(this.unregistered);
  }

  private partsOf(mapping: Mapping): Range[] {
    const parts: Range[] = [];
    this.unregistered.starts.forEach((from, index) => {
      const start = Math.max(from, mapping.start);
      const end = Math.min(at(this.unregistered.ends, index), mapping.end);
      if (start < end) parts.push({ start, end });
    });
    return parts;
  }
}

/** Whether one of `ranges` holds all of the other. */
export function isWithin(ranges: readonly Range[], { start, end }: Range): boolean {
  return ranges.some((range) => start >= range.start && end <= range.end);
}
