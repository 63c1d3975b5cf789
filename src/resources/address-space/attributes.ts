/**
 * What /proc/PID/maps does not show of mappings: locks, advice, growth, keys.
 *
 * It is read from /proc/PID/smaps, which costs 4 µs a resident megabyte and 1 µs a mapping, and
 * nothing tells that it changed. So it is read when it can be afforded, always at the first point,
 * and always by a rollback that changes mappings. A point for which it was not read has the reading
 * before it. What has changed between that and the next one may have done so before the point or
 * after it: that is left as it is, and named.
 */
import type { Range } from '../../procfs/maps.ts';
import { parseSmaps, type AttributeRange } from '../../procfs/smaps.ts';
import { close, openOrThrow, O_RDONLY, pread } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import type { Stopped } from '../stopped.ts';

/** The share of time that reading may take: at most one part in so many. Chosen. */
const SHARE = 50;
/** What is always affordable when mappings have changed, which costs as much by itself. Chosen. */
const CHEAP_MS = 0.3;
/** What is too long a pause where nothing is known to have changed. Chosen. */
const LONG_MS = 2;

export interface Attributes {
  readonly ranges: readonly AttributeRange[];
  /** Read when the point was made; else some time before it. */
  readonly isExact: boolean;
}

export class AttributeReader {
  private readonly stopped: Stopped;
  private readonly fd: number;
  private buffer = new NativeBuffer(64 * 1024);
  private ranges: readonly AttributeRange[] = [];
  private costMs = 0;
  private readAtMs = -Infinity;
  private generation = -1;
  private last: Attributes = { ranges: [], isExact: false };

  constructor(stopped: Stopped) {
    this.stopped = stopped;
    this.fd = openOrThrow(`/proc/${stopped.living}/smaps`, O_RDONLY);
  }

  /** As they were read last. */
  get latest(): readonly AttributeRange[] {
    return this.ranges;
  }

  close(): void {
    close(this.fd);
  }

  /** For a point. The same object as long as nothing new is known. */
  capture(hasChanged: boolean): Attributes {
    if (this.isAffordable(hasChanged)) this.last = { ranges: this.read(), isExact: true };
    else if (this.last.isExact) this.last = { ranges: this.last.ranges, isExact: false };
    return this.last;
  }

  /** As they are now; undefined: not to be had for what it would cost. */
  readForRollback(hasChanged: boolean): readonly AttributeRange[] | undefined {
    return hasChanged || this.isAffordable(false) ? this.read() : undefined;
  }

  /** As they are now. Read once, as long as the process is held still and makes no calls. */
  read(): readonly AttributeRange[] {
    if (this.generation === this.stopped.generation) return this.ranges;
    const startedMs = performance.now();
    this.ranges = parseSmaps(this.readBytes());
    this.readAtMs = performance.now();
    this.costMs = this.readAtMs - startedMs;
    this.generation = this.stopped.generation;
    return this.ranges;
  }

  /** Calls have changed them. */
  forget(): void {
    this.generation = -1;
  }

  private isAffordable(hasChanged: boolean): boolean {
    const { costMs } = this;
    if (hasChanged && costMs <= CHEAP_MS) return true;
    if (!hasChanged && costMs > LONG_MS) return false;
    return performance.now() - this.readAtMs >= SHARE * costMs;
  }

  private readBytes(): Buffer {
    let size = 0;
    for (;;) {
      const room = this.buffer.bytes.length - size;
      const count = pread(this.fd, this.buffer.address + size, room, size);
      if (count <= 0) return this.buffer.bytes.subarray(0, size);
      size += count;
      if (size === this.buffer.bytes.length) this.grow();
    }
  }

  private grow(): void {
    const larger = new NativeBuffer(this.buffer.bytes.length * 2);
    this.buffer.bytes.copy(larger.bytes);
    this.buffer = larger;
  }
}

/** The attributes at `address`, by binary search. */
export function findAttributes(
  ranges: readonly AttributeRange[],
  address: number,
): AttributeRange | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range === undefined) return undefined;
    if (address < range.start) high = middle;
    else if (address >= range.end) low = middle + 1;
    else return range;
  }
  return undefined;
}

/** A mapping that was sealed (mseal) cannot be changed or unmapped any more. */
export function findSealed(
  ranges: readonly AttributeRange[],
  changed: readonly Range[],
): AttributeRange | undefined {
  return ranges.find(({ start, end, flags }) => {
    return flags.has('sl') && changed.some((range) => range.start < end && range.end > start);
  });
}
