/**
 * What /proc/PID/maps does not show of mappings: locks, advice, growth, keys.
 *
 * It is read from /proc/PID/smaps, which costs 4 µs a resident megabyte and 1 µs a mapping, and
 * nothing tells that it changed. So it is read when it can be afforded, always at the first point,
 * and always by a rollback that changes mappings. A point for which it was not read has the reading
 * before it, and says so, as does each rollback to it. What has changed between that and the next
 * one may have done so before the point or after it: that is left as it is, and named.
 */
import { listFreedRanges } from '../../procfs/freed-ranges.ts';
import type { Range } from '../../procfs/maps.ts';
import { parseSmaps, type AttributeRange } from '../../procfs/smaps.ts';
import { close, open, openOrThrow, O_RDONLY, pread, useAndClose } from '../../sys/file.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { AskBudget } from '../ask-budget.ts';
import type { Stopped } from '../stopped.ts';

/** The share of time that long reading may take: at most one part in so many. Chosen. */
const SHARE = 50;
/** What is always affordable when mappings have changed, which costs as much by itself. Chosen. */
const CHEAP_MS = 0.3;
/** What is too long a pause where nothing is known to have changed. Chosen. */
const LONG_MS = 2;
/** The same at first, when all that is done is done for the first time, and slow. Chosen. */
const LONG_AT_FIRST_MS = 20;
/** The same for a rollback, without which nothing is put back. Chosen. */
const LONG_FALL_MS = 50;

export interface Attributes {
  readonly ranges: readonly AttributeRange[];
  /** Read when the point was made; else some time before it. */
  readonly isExact: boolean;
  /** When it was read: milliseconds since the epoch. */
  readonly readMs: number;
}

export class AttributeReader {
  private readonly stopped: Stopped;
  private readonly fd: number;
  private buffer = new NativeBuffer(64 * 1024);
  /** What was read from the program last. */
  private text: Buffer = Buffer.alloc(0);
  private ranges: readonly AttributeRange[] = [];
  /** Mappings with pages given up (MADV_FREE), as a rollback has read last. */
  freed: readonly Range[] = [];
  private costMs = 0;
  private readAtMs = -Infinity;
  private capturedAtMs = -Infinity;
  private readMs = 0;
  private generation = -1;
  private last: Attributes = { ranges: [], isExact: false, readMs: 0 };
  private readonly points = new AskBudget();
  private readonly falls = new AskBudget();

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
    if (this.isWanted(hasChanged)) {
      const now = this.points.spend(() => this.read());
      const isSame = isSameRanges(now, this.last.ranges);
      this.points.noteResult(!isSame);
      const ranges = isSame ? this.last.ranges : now;
      this.last = { ranges, isExact: true, readMs: this.readMs };
    } else if (this.last.isExact) {
      this.last = { ranges: this.last.ranges, isExact: false, readMs: this.readMs };
    }
    this.capturedAtMs = performance.now();
    return this.last;
  }

  /** As they are now; undefined: not to be had for what it would cost. */
  readForRollback(hasChanged: boolean): readonly AttributeRange[] | undefined {
    if (hasChanged) return this.readAll();
    if (this.costMs > LONG_FALL_MS || !this.falls.isLeft(true)) return undefined;
    return this.falls.spend(() => this.readAll());
  }

  /** As they are now. Read once, as long as the process is held still and makes no calls. */
  read(): readonly AttributeRange[] {
    if (this.generation === this.stopped.generation) return this.ranges;
    const startedMs = processorMs();
    this.text = this.readBytes(this.fd);
    this.ranges = parseSmaps(this.text);
    this.readAtMs = performance.now();
    this.readMs = Date.now();
    this.costMs = processorMs() - startedMs;
    this.generation = this.stopped.generation;
    return this.ranges;
  }

  /** With what a point has no use for. */
  private readAll(): readonly AttributeRange[] {
    this.read();
    this.freed = listFreedRanges(this.text);
    return this.ranges;
  }

  /** Whether they are read for a point. */
  isWanted(hasChanged: boolean): boolean {
    return this.isAffordable(hasChanged, this.stopped.isMeant) || this.isRare();
  }

  /**
   * Those of a point that are read from an image of the process made then: as long as they are not,
   * those known before stand for them. @see adopt
   */
  postpone(): Attributes {
    this.last = { ranges: this.last.ranges, isExact: false, readMs: this.readMs };
    this.capturedAtMs = performance.now();
    return this.last;
  }

  /**
   * The image's are the program's, but that nothing of it is under our userfaultfd. Undefined: it
   * is being killed, and has not all of them any more.
   *
   * @param costMs what it would have taken to read them from the program
   */
  adopt(
    imagePid: number,
    tracked: readonly Range[],
    costMs: number,
  ): readonly AttributeRange[] | undefined {
    const watched = new Set(tracked.map(({ start }) => start));
    const smaps = open(`/proc/${imagePid}/smaps`, O_RDONLY);
    const ranges = useAndClose(smaps, (fd) => parseSmaps(this.readBytes(fd), watched));
    if ((ranges?.at(-1)?.end ?? 0) < (tracked.at(-1)?.end ?? 0)) return undefined;
    this.ranges = ranges ?? [];
    this.readAtMs = this.capturedAtMs;
    this.readMs = Date.now();
    this.costMs = costMs;
    this.generation = -1;
    return this.ranges;
  }

  /** Whether a rollback found them to be others than at the point. */
  noteResult(isNew: boolean): void {
    this.falls.noteResult(isNew);
  }

  /** Calls have changed them. */
  forget(): void {
    this.generation = -1;
  }

  /** A point that is meant, long after the one before: it may take its time. */
  private isRare(): boolean {
    const { costMs, stopped } = this;
    return stopped.isMeant && performance.now() - this.capturedAtMs >= SHARE * costMs;
  }

  private isAffordable(hasChanged: boolean, isMeant: boolean): boolean {
    const { costMs } = this;
    if (hasChanged && costMs <= CHEAP_MS) return true;
    const longMs = this.points.isAtFirst ? LONG_AT_FIRST_MS : LONG_MS;
    if (costMs <= longMs) return this.points.isLeft(isMeant);
    return hasChanged && performance.now() - this.readAtMs >= SHARE * costMs;
  }

  private readBytes(fd: number): Buffer {
    let size = 0;
    for (;;) {
      const room = this.buffer.bytes.length - size;
      const count = pread(fd, this.buffer.address + size, room, size);
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

/** What this thread has computed: on a busy machine others' turns are no cost of ours. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Sets of flags are the same when they are alike. */
function isSameRanges(
  ranges: readonly AttributeRange[],
  others: readonly AttributeRange[],
): boolean {
  if (ranges.length !== others.length) return false;
  return ranges.every(({ start, end, flags, key }, index) => {
    const other = others[index];
    return (
      other?.start === start && other.end === end && other.flags === flags && other.key === key
    );
  });
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
