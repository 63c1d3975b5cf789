/**
 * The address space resource: mappings and the pages in them are one organism. It watches the
 * process through a userfaultfd of its own, from the first point on.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { BelayError } from '../../errors.ts';
import type { PageDelta } from '../../points/page-history.ts';
import type { Mapping, Range } from '../../procfs/maps.ts';
import type { PageStore } from '../../store/page-store.ts';
import { close, openOrThrow, O_RDONLY } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { uffdioApi, UFFD_USER_MODE_ONLY } from '../../sys/userfaultfd.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import { unregisterRseq } from '../../tracee/rseq.ts';
import type { Claims } from '../claims.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import { ATTRIBUTES, foretellGuess } from '../guess.ts';
import { LOST, Obstacle, type Applied, type Named, type Resource } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { Attributes } from './attributes.ts';
import { MappingTable } from './mapping-table.ts';
import type { MappingsPlan } from './mappings-plan.ts';
import { Mappings } from './mappings.ts';
import { Memory } from './memory.ts';
import { nameUnrestored, nameUnwatched } from './name-losses.ts';
import { WrittenPages } from './written-pages.ts';

const VERSION = 4;
const TORN = 'its memory had not been copied when the process that held it was killed';
const O_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;

export interface AddressSpaceImage {
  readonly table: MappingTable;
  readonly attributes: Attributes;
  /** Memory whose writes nobody reports, and too large to be compared. */
  readonly uncompared: readonly Range[];
  /** The versions of its pages: as long as this process has them, or by number. */
  readonly pages: PageDelta | readonly (readonly [page: number, slot: number])[];
}

interface Plan {
  readonly mappings: MappingsPlan;
  readonly image: AddressSpaceImage;
  readonly delta: PageDelta;
}

interface Encoded {
  readonly maps: Uint8Array;
  readonly breakAddress: number;
  readonly attributes: {
    readonly isExact: boolean;
    readonly readMs: number;
    readonly ranges: readonly (readonly [start: number, end: number, flags: string, key: number])[];
  };
  readonly uncompared: readonly (readonly [start: number, end: number])[];
  readonly pages: readonly (readonly [page: number, slot: number])[];
}

export class AddressSpace implements Resource<AddressSpaceImage, Plan> {
  readonly name = 'address space';
  readonly store: PageStore;
  private readonly uffd: number;
  private readonly pagemapFd: number;
  private readonly mappings: Mappings;
  private readonly memory: Memory;
  private readonly written: WrittenPages;
  /** How many images have each table. */
  private readonly uses = new Map<MappingTable, number>();

  /** Installs the userfaultfd, by calls of any thread of the process, which is held still. */
  constructor(stopped: Stopped, store: PageStore) {
    this.store = store;
    this.uffd = takeUserfaultfd(stopped.living, stopped.remote().calls);
    this.pagemapFd = openOrThrow(`/proc/${stopped.living}/pagemap`, O_RDONLY);
    const written = new WrittenPages(this.pagemapFd, this.uffd);
    this.written = written;
    this.mappings = new Mappings(stopped, this.uffd, written);
    this.memory = new Memory(stopped, written, store);
    stopped.target.isKnownWritable = (address, sizeBytes) =>
      stopped.isHeld && this.mappings.isWritable(address, sizeBytes);
  }

  /** /proc/PID/maps as it is now: a copy, for the log. */
  copyMaps(): Uint8Array {
    return this.mappings.copyText();
  }

  capture(stopped: Stopped): AddressSpaceImage {
    const former = this.mappings.table;
    const renewed = this.mappings.refresh() ?? [];
    this.leave(former);
    stopped.endCalls();
    const { table, later } = this.mappings;
    const unwatched = this.mappings.findUnwatched();
    const known = later === undefined ? this.mappings.attributes.ranges : undefined;
    const { delta: pages, uncompared } = this.memory.capture(table, renewed, unwatched, known);
    this.memory.onLater = this.mappings.settleAttributes(this.memory.image);
    const { attributes } = this.mappings;
    this.uses.set(table, (this.uses.get(table) ?? 0) + 1);
    return { table, attributes, uncompared, pages };
  }

  prepare(_stopped: Stopped, image: AddressSpaceImage, claims: Claims): Plan | Obstacle {
    const delta = asDelta(image);
    this.memory.settle();
    if (delta.isTorn) return new Obstacle(TORN);
    const mappings = this.mappings.prepare(image.table, image.attributes, claims);
    return mappings instanceof Obstacle ? mappings : { mappings, image, delta };
  }

  /** Whoever makes the calls must not have its rseq area in what is unmapped for a moment. */
  loosen(stopped: Stopped, { mappings }: Plan): void {
    if (mappings.touched.length === 0) return;
    const { calls } = stopped.remote();
    const area = calls.thread.readRseqArea();
    if (area === undefined || area.address === 0) return;
    const [start, end] = [area.address, area.address + area.sizeBytes];
    const isTouched = mappings.touched.some((range) => range.start < end && range.end > start);
    if (!isTouched) return;
    unregisterRseq(calls, area);
    stopped.withoutArea.add(calls.thread);
  }

  apply(stopped: Stopped, { mappings, image, delta }: Plan): Applied {
    // What they point to may be among what is written back.
    for (const { readings } of stopped.group.threads.values()) readings.isOutsideSections = false;
    const former = this.mappings.table;
    const { renewed, lost } = this.mappings.apply(mappings);
    this.leave(former);
    const { untracked } = this.mappings.registration;
    const unwatched = this.mappings.findUnwatched();
    const attributes = image.attributes.ranges;
    const { wanted: table, freed } = mappings;
    const pages = this.memory.restore(
      delta,
      { table, attributes, untracked, renewed: renewed ?? [], unwatched, freed },
      image.uncompared,
      stopped.remote,
    );
    const counts = {
      pagesRestored: pages.pagesRestored,
      pagesDropped: pages.pagesDropped,
      mappingsRestored: renewed?.length ?? 0,
    };
    return { counts, lost: [...lost, ...nameOf(image), ...nameUnrestored(pages)] };
  }

  losses(image: AddressSpaceImage, timeMs: number): readonly Named[] {
    const { isExact, readMs } = image.attributes;
    if (isExact) return nameOf(image);
    return [...nameOf(image), foretellGuess(LOST.mappings, ATTRIBUTES, timeMs - readMs)];
  }

  /** Shared mappings, as they were read last. */
  get shared(): readonly Mapping[] {
    return this.mappings.table.shared;
  }

  /**
   * The parts of a range whose content a rollback has put back: all private memory, and of what is
   * shared that of which `isPutBack` says so.
   */
  partsPutBack(range: Range, isPutBack: (mapping: Mapping) => boolean): Range[] {
    const parts: Range[] = [];
    let { start } = range;
    for (const shared of this.shared) {
      if (isPutBack(shared)) continue;
      if (shared.end <= start || shared.start >= range.end) continue;
      if (shared.start > start) parts.push({ start, end: shared.start });
      start = shared.end;
    }
    return start < range.end ? [...parts, { start, end: range.end }] : parts;
  }

  /** The program is about to register [start, end) with a userfaultfd of its own. */
  giveWay(start: number, end: number): void {
    this.mappings.registration.giveWay(start, end);
  }

  /** The program is about to install guard pages in [start, end). */
  makeWayForGuards(start: number, end: number): void {
    this.written.lift(start, end);
  }

  pagesOf(image: AddressSpaceImage): number {
    const { pages, pending } = asDelta(image);
    return pages.length + pending;
  }

  release(image: AddressSpaceImage): void {
    const delta = asDelta(image);
    if (!delta.isGone) this.forget(delta);
    const { table } = image;
    const count = (this.uses.get(table) ?? 0) - 1;
    if (count > 0) this.uses.set(table, count);
    else if (this.uses.delete(table)) this.mappings.release(table);
  }

  private forget(delta: PageDelta): void {
    const { versions } = this.memory;
    if (versions.newest === delta) this.memory.giveUp(delta);
    else versions.forget(delta);
  }

  /** The mappings are no longer those of `table`: it may have been the last that had it. */
  private leave(table: MappingTable): void {
    if (!this.uses.has(table)) this.mappings.release(table);
  }

  encode({ table, attributes, uncompared, pages }: AddressSpaceImage): Uint8Array {
    const versions = 'former' in pages ? this.memory.versions.versionsAt(pages) : pages;
    const { text, breakAddress } = table;
    return encodeImage(VERSION, {
      maps: new Uint8Array(text),
      breakAddress,
      attributes: {
        isExact: attributes.isExact,
        readMs: attributes.readMs,
        ranges: attributes.ranges.map(({ start, end, flags, key }) => {
          return [start, end, [...flags].join(' '), key] as const;
        }),
      },
      uncompared: uncompared.map(({ start, end }) => [start, end] as const),
      pages: versions,
    } satisfies Encoded);
  }

  decode(bytes: Uint8Array): AddressSpaceImage {
    const encoded = decodeImage(VERSION, bytes) as Encoded;
    const { maps, breakAddress, attributes, pages } = encoded;
    const uncompared = encoded.uncompared.map(([start, end]) => ({ start, end }));
    const ranges = attributes.ranges.map(([start, end, flags, key]) => {
      return { start, end, flags: new Set(flags === '' ? [] : flags.split(' ')), key };
    });
    const table = new MappingTable(Buffer.from(maps), breakAddress);
    const { isExact, readMs } = attributes;
    return { table, attributes: { isExact, readMs, ranges }, uncompared, pages };
  }

  /** Finish what is still being saved. */
  settle(): void {
    this.memory.settle();
  }

  get isSettled(): boolean {
    return this.memory.isSettled;
  }

  abandonWork(): void {
    this.memory.close();
  }

  /** Get ready for the next point, while nobody waits. */
  tidy(): void {
    this.memory.tidy();
  }

  close(): void {
    this.memory.close();
    this.mappings.close();
    this.store.close();
    close(this.pagemapFd);
    close(this.uffd);
  }
}

function nameOf({ table, uncompared }: AddressSpaceImage): Named[] {
  return nameUnwatched(table, uncompared);
}

function asDelta({ pages }: AddressSpaceImage): PageDelta {
  if ('former' in pages) return pages;
  throw new BelayError('EUNSUPPORTED', 'cannot use an image that this supervisor did not make');
}

function takeUserfaultfd(tid: number, calls: RemoteCalls): number {
  const flags = O_CLOEXEC_NONBLOCK | UFFD_USER_MODE_ONLY;
  const fd = calls.callOrThrow('userfaultfd', SYS.userfaultfd, flags);
  const uffd = getDescriptor(tid, fd);
  calls.call(SYS.close, fd);
  if (uffd < 0) {
    throw new BelayError('EUNSUPPORTED', 'cannot take over the userfaultfd: pidfd_getfd refused');
  }
  uffdioApi(uffd);
  return uffd;
}
