/**
 * The descriptors resource: which numbers lead to which open files, and where in them.
 *
 * Invariants
 * 1. A capture is total, or it throws: a descriptor that could not be read is not a closed one.
 * 2. After a rollback no number of the point leads to another file than it did: it has its own
 *    back, or a hung-up socket in its place, or (where nothing else can be done) is closed.
 *
 * What is told of a number is compared with what was told last time, so that a point shares the
 * images of all descriptors that have not changed with the one before.
 */
import { O_ACCMODE } from '../../sys/descriptor-flags.ts';
import type { Claims } from '../claims.ts';
import type { Task } from '../../tracee/target-memory.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import type { Applied, Named, Obstacle, Resource } from '../resource.ts';
import type { SocketPairs } from '../socket-pairs.ts';
import type { StatusLines } from '../status-lines.ts';
import type { Stopped } from '../stopped.ts';
import {
  accessOf,
  isLasting,
  isOneOfMany,
  kindOf,
  type DescriptorImage,
  type DescriptorsImage,
} from './descriptor-image.ts';
import { keepContent, nameUnkept, renewAll } from './kinds/list.ts';
import { DescriptionNames } from './description-names.ts';
import { DescriptorReader } from './descriptor-reader.ts';
import { HeldFiles } from './held-files.ts';
import { KnownFiles } from './known-files.ts';
import { placesOf } from './made-pairs.ts';
import { planDescriptors, withMade } from './plan-descriptors.ts';
import { planNothing, prepareDescriptors, type DescriptorsPlan } from './prepare-descriptors.ts';
import { findMixed, makeSharing, type Sharing } from './sharing.ts';
import { PutBack } from './put-back.ts';
import { LockedFiles } from './locked-files.ts';
import { parseLocks, takeLockLines, type FileLock } from './file-locks.ts';
import { KeptOffsets } from './kept-offsets.ts';
import { askOwner, isSameOwner, mayHaveOwner, settleOwners } from './owners.ts';
import { findSpared, nameSpared, settleLocks } from './settle-locks.ts';

const VERSION = 6;

export class Descriptors implements Resource<DescriptorsImage, DescriptorsPlan> {
  readonly name = 'descriptors';
  readonly losses = nameUnkept;
  /** Grows when numbers lead to other open files than before which look the same. */
  renewals = 0;
  private readonly group: Task;
  private readonly reader: DescriptorReader;
  private readonly images = new Map<number, DescriptorImage>();
  /** What fdinfo read like when it told what each image says. */
  private readonly notes = new WeakMap<DescriptorImage, Buffer>();
  private last: DescriptorsImage = [];
  /** As of when `last` was read for `tableOf`. */
  private generation = -1;
  private readonly keptOffsets = new KeptOffsets();
  private readonly names: DescriptionNames;
  private readonly known: KnownFiles;
  private readonly held: HeldFiles;
  private readonly sharing: Sharing;
  private readonly status: StatusLines;
  private readonly pairs: SocketPairs;
  /** Who the program was at the newest point. */
  private identity: Uint8Array = new Uint8Array(0);

  constructor({ group }: Stopped, status: StatusLines, pairs: SocketPairs) {
    this.pairs = pairs;
    this.group = group;
    this.status = status;
    this.held = new HeldFiles(group);
    this.reader = new DescriptorReader(group);
    const known = (this.known = new KnownFiles(group));
    this.sharing = makeSharing(group, known);
    this.names = new DescriptionNames(this.sharing.isOne);
  }

  /** As it was read last. */
  get table(): DescriptorsImage {
    return this.last;
  }

  /** As it is now: read once for as long as the process is held still. */
  tableOf(stopped: Stopped): DescriptorsImage {
    if (this.generation !== stopped.generation) this.readTable();
    this.generation = stopped.generation;
    return this.last;
  }

  /** All descriptors, ascending. The same array as last time when nothing changed. */
  capture(stopped: Stopped): DescriptorsImage {
    const table = this.tableOf(stopped);
    this.known.hold(table);
    this.held.hold(table, this.identify());
    this.keptOffsets.note(table);
    return table;
  }

  prepare(stopped: Stopped, wanted: DescriptorsImage, claims: Claims): DescriptorsPlan | Obstacle {
    const now = this.readTable();
    if (now === wanted) return planNothing(wanted, stopped.generation);
    const { sharing, held, known, pairs } = this;
    const identity = this.status.copyIdentity();
    const about = { stopped, wanted, now, sharing, held, known, pairs, identity };
    return prepareDescriptors(about, claims);
  }

  apply(stopped: Stopped, plan: DescriptorsPlan): Applied {
    const { wanted, hungUp, substitutes, claimed, passage, least, locks, generation } = plan;
    const uncertain = this.known.nameUncertain(wanted);
    const now = generation === stopped.generation ? wanted : this.readTable();
    if (now === wanted) return { lost: [...uncertain, ...renewAll(stopped, wanted)] };
    const others = now.filter(({ fd }) => !plan.ours.has(fd));
    const steps = withMade(planDescriptors(wanted, others, this.sharing, substitutes), claimed);
    this.pairs.replace(placesOf(substitutes));
    const lockedFiles = new LockedFiles(stopped.living);
    const spared = findSpared(steps, wanted, locks, lockedFiles);
    const kept: Named[] = [];
    const putBack = new PutBack(stopped, {
      hungUp,
      substitutes,
      filled: plan.filled,
      claimed,
      passage,
      least,
      opensFiles: !plan.isAskedToOpen,
      spared: new Set(spared.map(({ fd }) => fd)),
      keepsOffset: this.keptOffsets.keeper(stopped, kept),
      leadsTo: (fd, image) => this.reader.leadsTo(fd, image),
    });
    putBack.run(steps, wanted);
    for (const image of putBack.made) this.known.replace(image);
    this.renewals += putBack.made.length;
    this.adopt(wanted);
    const refilled = steps.refills.map(({ image }) => image.fd);
    const lost = [
      ...uncertain,
      ...kept,
      ...putBack.lost,
      ...renewAll(stopped, wanted),
      ...spared.map(nameSpared),
      ...settleLocks(stopped, wanted, { now, refilled, before: locks }, lockedFiles, (fd) =>
        this.readLocks(fd),
      ),
      ...settleOwners(stopped, wanted),
    ];
    return { counts: { descriptorsClosed: putBack.closedCount }, lost };
  }

  release(image: DescriptorsImage): void {
    this.known.release(image);
    this.held.release(image);
  }

  encode(image: DescriptorsImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): DescriptorsImage {
    return decodeImage(VERSION, bytes) as DescriptorsImage;
  }

  close(): void {
    this.reader.close();
    this.known.close();
    this.held.close();
  }

  /** The same bytes for as long as it is the same. */
  private identify(): Uint8Array {
    const { status } = this;
    if (!status.isSameIdentity(this.identity)) this.identity = status.copyIdentity();
    return this.identity;
  }

  private readLocks(fd: number): FileLock[] {
    return this.reader.readInfo(fd) ? parseLocks(this.reader.rest.toString('latin1')) : [];
  }

  /** What is read next is compared with the point's images: what is as then shares them. */
  private adopt(wanted: DescriptorsImage): void {
    for (const image of wanted) this.keep(image);
    this.last = wanted;
  }

  private readTable(): DescriptorsImage {
    const fresh: number[] = [];
    const before = this.reader.listAsBefore();
    const same = before === undefined ? undefined : this.readAll(before, fresh);
    const found = same?.length === before?.length ? same : undefined;
    return this.takeTable(found ?? this.readAll(this.reader.list(), fresh), fresh);
  }

  private readAll(fds: readonly number[], fresh: number[]): DescriptorImage[] {
    const found: DescriptorImage[] = [];
    for (const fd of fds) {
      const image = this.readImage(fd, fresh);
      if (image !== undefined) found.push(image);
    }
    return found;
  }

  /** @param fresh numbers that lead to other files than last time */
  private takeTable(found: DescriptorsImage, fresh: readonly number[]): DescriptorsImage {
    const isSame =
      found.length === this.last.length &&
      found.every((image, index) => image === this.last[index]);
    const table = isSame ? this.last : found;
    // A number that was closed and opened again for the same file looks the same.
    const renewed = new Set(fresh);
    for (const fd of findMixed(table, undefined, this.sharing)) renewed.add(fd);
    if (isSame && renewed.size === 0) return this.last;
    this.last = renewed.size === 0 ? found : this.names.give(found, renewed);
    for (const image of this.last) if (renewed.has(image.fd)) this.keep(image);
    if (this.images.size > this.last.length) this.forgetClosed();
    return this.last;
  }

  /** What is told of a number; `fresh` gets those that lead to another file than last time. */
  private readImage(fd: number, fresh: number[]): DescriptorImage | undefined {
    const { reader } = this;
    if (!reader.read(fd)) return undefined;
    const known = this.images.get(fd);
    const noted = known === undefined ? undefined : this.notes.get(known);
    const isAsKnown = noted !== undefined && reader.isAsNoted(noted);
    if (known !== undefined && isAsKnown && this.isStillThat(known)) return this.withOwner(known);
    reader.takeApart();
    const taken = this.takeImage(fd, known, fresh);
    if (taken === undefined) return undefined;
    const image = this.withOwner(taken);
    const note = reader.note();
    if (note !== undefined) this.notes.set(image, note);
    return image;
  }

  /** What was read of a number, compared with what is known of it. */
  private takeImage(
    fd: number,
    known: DescriptorImage | undefined,
    fresh: number[],
  ): DescriptorImage | undefined {
    const { reader } = this;
    const { position, flags, mountId, inode } = reader.told;
    const isKnown =
      known?.inode === inode &&
      known.mountId === mountId &&
      accessOf(known.flags) === accessOf(flags) &&
      this.isStillThat(known);
    if (!isKnown) return this.readFresh(fd, fresh);
    const content = this.contentAs(known);
    const locks = known.kind === 'path' ? takeLockLines(reader.rest, known.locks) : undefined;
    const isSame = known.position === position && known.flags === flags && known.locks === locks;
    if (isSame && content === known.content) return known;
    return this.keep({ ...known, position, flags, content, locks });
  }

  /** The same, with the owner that it has now, where that is asked. */
  private withOwner(image: DescriptorImage): DescriptorImage {
    const { fd, flags, locks } = image;
    const owner = mayHaveOwner(flags, locks) ? askOwner(this.group.living, fd) : undefined;
    if (isSameOwner(owner, image.owner)) return image;
    const note = this.notes.get(image);
    const result = this.keep({ ...image, owner });
    if (note !== undefined) this.notes.set(result, note);
    return result;
  }

  private readFresh(fd: number, fresh: number[]): DescriptorImage | undefined {
    const link = this.reader.readLink(fd);
    if (link === undefined) return undefined;
    const kind = kindOf(link);
    const content = keepContent(link, this.reader.rest);
    if (kind !== 'socket' && kind !== 'pipe') fresh.push(fd);
    const locks = kind === 'path' ? takeLockLines(this.reader.rest) : undefined;
    const handle = kind === 'path' && !isLasting(link) ? this.reader.readHandle(fd) : '';
    return this.keep({
      fd,
      ...this.reader.told,
      handle,
      kind,
      link,
      description: 0,
      content,
      locks,
      owner: undefined,
    });
  }

  /** What is kept of what it holds; the same object when it is what was kept last time. */
  private contentAs({ link, content }: DescriptorImage): Uint8Array | undefined {
    if (content === undefined || this.reader.rest.equals(content)) return content;
    return keepContent(link, this.reader.rest, content);
  }

  /**
   * All anonymous files have one inode; the link tells of their kind. What is read from only is
   * looked at when it is new, for cost: it is named then, should it have become another.
   */
  private isStillThat(known: DescriptorImage): boolean {
    const { handle } = known;
    if (handle !== '' && (known.flags & O_ACCMODE) !== 0)
      return this.reader.readHandle(known.fd) === handle;
    if (!isOneOfMany(known)) return true;
    return this.known.isThat(known.fd, known) ?? this.reader.readLink(known.fd) === known.link;
  }

  private keep(image: DescriptorImage): DescriptorImage {
    this.images.set(image.fd, image);
    return image;
  }

  private forgetClosed(): void {
    const open = new Set(this.last.map((image) => image.fd));
    for (const fd of this.images.keys()) if (!open.has(fd)) this.images.delete(fd);
  }
}
