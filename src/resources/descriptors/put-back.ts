/**
 * Makes the program's table of descriptors what a plan says, by calls of its own.
 *
 *   letting go of what numbers of now lead to → copies aside of what is in the way → copies
 *   → closing → given or opened again → hung up → offsets and flags → what is in those made by a
 *   call of their own
 *
 * Whatever of this the kernel refuses, the number ends hung up or closed: it never leads to another
 * file than it did.
 */
import { at } from '../../at.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import {
  F_DUPFD_CLOEXEC,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_ASYNC,
  O_CLOEXEC,
  SETTABLE_FLAGS,
} from '../../sys/descriptor-flags.ts';
import { lseek, SEEK_CUR, SEEK_END, SEEK_SET } from '../../sys/file.ts';
import { Passage } from '../../tracee/pass-file.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { openFileOf, type DescriptorImage, type DescriptorsImage } from './descriptor-image.ts';
import { giveFiles } from './give-files.ts';
import { makeHungUp } from './hung-up.ts';
import type { AnonymousKind, Settling } from './kinds/kind.ts';
import { KINDS, nameLosses } from './kinds/list.ts';
import { findSubstitute, type Substitutes } from './made-pairs.ts';
import { OpenedEnds } from './pipe-ends.ts';
import type { ClaimedFiles, DescriptorSteps, Refill, Settle } from './plan-descriptors.ts';
import { findPath, reopen } from './reopen.ts';

export interface PutBackOptions {
  /** A hung-up descriptor in the program; 0: it is still to be made. */
  readonly hungUp: number;
  /** New sockets in the place of some of the point's: by their inode. */
  readonly substitutes: Substitutes;
  /** Numbers of theirs that are the program's from now on. */
  readonly filled: Set<number>;
  /** Open files that the program is given: ours. */
  readonly claimed: ClaimedFiles;
  /** By which they are given; undefined: it is still to be made. */
  readonly passage: Passage | undefined;
  /** The lowest number that it may have then; 0: there is none but those that are to be filled. */
  readonly least: number;
  /** Whether the program may open files by their path. */
  readonly opensFiles: boolean;
  /** Opened since, but to be left open. */
  readonly spared: ReadonlySet<number>;
  /** Whose offset goes on. */
  readonly keepsOffset: (image: DescriptorImage) => boolean;
  /** Whether a number leads to the file of the image: asked of what was opened again. */
  readonly leadsTo: (fd: number, image: DescriptorImage) => boolean;
}

export class PutBack {
  readonly lost: Named[] = [];
  /** What leads to other open files than at the point, which are in their place. */
  readonly made: DescriptorImage[] = [];
  closedCount = 0;
  private readonly stopped: Stopped;
  private readonly options: PutBackOptions;
  private readonly temporary: number[] = [];
  /** Open files that were opened again, and the first number that leads to each. */
  private readonly reopened = new Map<string, number>();

  constructor(stopped: Stopped, options: PutBackOptions) {
    this.stopped = stopped;
    this.options = options;
  }

  /** @param wanted all descriptors of the point */
  run({ refills, settles, extras }: DescriptorSteps, wanted: DescriptorsImage): void {
    const replaced = new Set(refills.map(({ image }) => image.fd));
    const contents = this.findContents(settles, replaced, wanted);
    for (const { kind, settling } of contents) {
      const loosen = (): undefined => kind.loosen?.(settling);
      this.lost.push(...nameLosses(loosen));
    }
    // While what is open in the program keeps what is in the pipes.
    using ends = new OpenedEnds(this.options.claimed);
    const left = refills.length === 0 ? [] : this.copyFromSources(refills);
    const closing = extras.map(({ fd }) => fd).filter((fd) => !this.options.spared.has(fd));
    this.closedCount = closing.length;
    const inTheWay = left.filter(({ present }) => present !== undefined);
    this.closeAll([...closing, ...this.temporary, ...inTheWay.map(({ image }) => image.fd)]);
    this.hangUp(this.give(left, ends.files).filter((refill) => !this.openAgain(refill)));
    for (const { image, source } of refills) {
      if (source === undefined) continue;
      this.call(SYS.fcntl, image.fd, F_SETFL, image.flags);
      this.settleOffset(image);
      this.nameSubstitute(image);
    }
    for (const settle of settles) this.settle(settle);
    for (const { kind, settling } of contents) {
      this.lost.push(...nameLosses(() => kind.settle(settling)));
    }
  }

  private call(nr: number, ...values: readonly number[]): number {
    return this.stopped.remote().calls.call(nr, ...values);
  }

  private name(bit: number, { image, present }: Refill, text: string): void {
    const since = present === undefined ? 'was closed since' : `was made ${present.link} since`;
    this.lost.push({ bit, text: `descriptor ${image.fd} (${image.link}) ${since}: ${text}` });
  }

  private nameSubstitute(image: DescriptorImage): void {
    const { fd, link } = image;
    const substitute = findSubstitute(this.options.substitutes, image);
    if (substitute === undefined) return;
    this.made.push(image);
    const { failed } = substitute;
    const what = failed.length === 0 ? '' : `, without its options: ${failed.join(', ')}`;
    const text = `descriptor ${fd} (${link}): an end of its pair was closed since: it is made anew`;
    this.lost.push({ bit: failed.length === 0 ? 0 : LOST.peers, text: `${text}${what}` });
  }

  /** Copy what is open elsewhere; the refills that are left. */
  private copyFromSources(refills: readonly Refill[]): Refill[] {
    const { filled } = this.options;
    for (const { image, source } of refills) if (source === image.fd) filled.add(source);
    const fds = refills.map(({ image }) => image.fd);
    const moving = new Set(fds.filter((fd) => !filled.has(fd)));
    const above = refills.reduce((max, { image }) => Math.max(max, image.fd), 0) + 1;
    const aside = new Map<number, number>();
    for (const { source } of refills) {
      if (source === undefined || !moving.has(source) || aside.has(source)) continue;
      const copy = this.call(SYS.fcntl, source, F_DUPFD_CLOEXEC, above);
      aside.set(source, copy);
      if (copy >= 0) this.temporary.push(copy);
    }
    return refills.filter(({ image, source }) => {
      if (source === undefined) return true;
      return !this.moveTo(aside.get(source) ?? source, image);
    });
  }

  private openAgain(refill: Refill): boolean {
    const { image } = refill;
    const first = this.reopened.get(openFileOf(image));
    if (first !== undefined) return this.moveTo(first, image);
    const path = this.options.opensFiles ? findPath(this.stopped.living, image) : undefined;
    if (path === undefined) return false;
    const fd = reopen(this.stopped, image, path);
    if (fd < 0) return false;
    const isIt = this.options.leadsTo(fd, image) && this.moveTo(fd, image);
    if (fd !== image.fd || !isIt) this.call(SYS.close, fd);
    if (!isIt) return false;
    this.reopened.set(openFileOf(image), image.fd);
    this.settleOffset(image);
    this.name(0, refill, 'it is opened again');
    return true;
  }

  /** What we have opened for the program; the refills that are left. */
  private give(refills: readonly Refill[], claimed: ClaimedFiles): readonly Refill[] {
    const { keepsOffset } = this.options;
    const first = new Map<string, Refill>();
    for (const refill of refills) {
      const key = openFileOf(refill.image);
      if (claimed.has(key) && !first.has(key)) first.set(key, refill);
    }
    const passage = first.size === 0 ? undefined : (this.options.passage ?? this.openPassage());
    if (passage === undefined) return refills;
    const gifts = [...first.values()].map(({ image }) => {
      const ours = claimed.get(openFileOf(image))?.fd ?? -1;
      if (image.kind === 'path' && keepsOffset(image)) lseek(ours, 0, SEEK_END);
      else if (image.kind === 'path')
        seek(image.position, (offset, whence) => lseek(ours, offset, whence));
      return { fd: image.fd, flags: image.flags, ours };
    });
    // Where no other number is left, the passage itself has one of them.
    const free = gifts.filter(({ fd }) => fd !== passage.theirs);
    const arrived = new Set(giveFiles(this.stopped.remote, passage, free).map(({ fd }) => fd));
    if (passage !== this.options.passage) passage.close();
    return refills.filter((refill) => {
      const { image } = refill;
      if (!arrived.has(image.fd)) return true;
      this.reopened.set(openFileOf(image), image.fd);
      if (image.kind !== 'path') this.made.push(image);
      const file = claimed.get(openFileOf(image));
      // By the program's own call: its number goes with the signal.
      if ((image.flags & O_ASYNC) !== 0) this.call(SYS.fcntl, image.fd, F_SETFL, image.flags);
      this.name(file?.bit ?? 0, refill, file?.text ?? '');
      return false;
    });
  }

  private openPassage(): Passage | undefined {
    const { remote, target } = this.stopped;
    const passage = Passage.open({ remote, target }, this.options.least);
    return typeof passage === 'number' ? undefined : passage;
  }

  private hangUp(refills: readonly Refill[]): void {
    if (refills.length === 0) return;
    const { hungUp } = this.options;
    const made = hungUp > 0 ? hungUp : makeHungUp(this.stopped.remote, this.stopped.target);
    let isPlaced = false;
    for (const refill of refills) {
      const isHungUp = made >= 0 && this.moveTo(made, refill.image);
      if (refill.image.fd === made) isPlaced = true;
      this.name(LOST.descriptors, refill, isHungUp ? 'it is hung up now' : 'it is closed');
    }
    if (made >= 0 && made !== hungUp && !isPlaced) this.call(SYS.close, made);
  }

  /** Let the image's number lead to what `fd` leads to. */
  private moveTo(fd: number, { fd: to, flags }: DescriptorImage): boolean {
    if (fd === to) return this.call(SYS.fcntl, fd, F_SETFD, closeOnExec(flags)) === 0;
    return this.call(SYS.dup3, fd, to, flags & O_CLOEXEC) === to;
  }

  private settle({ image, present }: Settle): void {
    if (present.position !== image.position) this.settleOffset(image);
    const changed = present.flags ^ image.flags;
    if ((changed & SETTABLE_FLAGS) !== 0) this.call(SYS.fcntl, image.fd, F_SETFL, image.flags);
    if ((changed & O_CLOEXEC) !== 0) {
      this.call(SYS.fcntl, image.fd, F_SETFD, closeOnExec(image.flags));
    }
  }

  /** By kinds, in their order; a set whose entry was closed since may read as it did. */
  private findContents(
    settles: readonly Settle[],
    replaced: ReadonlySet<number>,
    wanted: DescriptorsImage,
  ): { readonly kind: AnonymousKind; readonly settling: Settling }[] {
    const { stopped } = this;
    const changed = settles.filter(
      ({ image: { content, kind }, present }) =>
        content !== undefined && (kind === 'epoll' || !isSameContent(content, present.content)),
    );
    return KINDS.flatMap((kind) =>
      changed
        .filter(({ image }) => kind.has(image.link))
        .map((settle) => ({ kind, settling: { ...settle, stopped, replaced, wanted } })),
    );
  }

  private settleOffset(image: DescriptorImage): void {
    if (image.kind !== 'path' || this.options.keepsOffset(image)) return;
    seek(image.position, (offset, whence) => this.call(SYS.lseek, image.fd, offset, whence));
  }

  /** By ranges: programs open many in a row. */
  private closeAll(fds: readonly number[]): void {
    const sorted = [...fds].sort((a, b) => a - b);
    for (let index = 0; index < sorted.length;) {
      const first = at(sorted, index);
      let last = first;
      for (index += 1; sorted[index] === last + 1; index += 1) last += 1;
      this.call(SYS.close_range, first, last, 0);
    }
  }
}

/** Numbers carry 53 bits: what has more goes there in two steps. */
function seek(position: number | bigint, call: (offset: number, whence: number) => void): void {
  if (typeof position === 'number') {
    call(position, SEEK_SET);
    return;
  }
  const low = BigInt.asUintN(32, position);
  call(Number(position - low), SEEK_SET);
  call(Number(low), SEEK_CUR);
}

function isSameContent(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && !Buffer.compare(one, other));
}

function closeOnExec(flags: number): number {
  return (flags & O_CLOEXEC) === 0 ? 0 : FD_CLOEXEC;
}
