/**
 * Opens the files that a rollback is to give back, from what is held of them, and makes anew what
 * has no file behind it, before anything is touched: what is refused now comes back hung up, and
 * what we have is sure to come back.
 *
 * Invariants
 * 1. A file is opened for what it was open for at the point, and for no more.
 * 2. It is given back only to the rights that the program had at the point, or to such as may open
 *    it anyway.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import {
  O_ASYNC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_TMPFILE_ALONE,
  O_ACCMODE,
} from '../../sys/descriptor-flags.ts';
import { setStatusFlags } from '../../sys/fcntl.ts';
import { close, open, useAndClose } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { statKnown } from '../../sys/statx.ts';
import type { Claims } from '../claims.ts';
import { isSameRights } from '../identity.ts';
import { LOST } from '../resource.ts';
import { OwnRights } from '../own-rights.ts';
import { openFileOf, type DescriptorImage, type DescriptorsImage } from './descriptor-image.ts';
import { hasLease } from './file-locks.ts';
import type { HeldFiles } from './held-files.ts';
import { findKind, keepContent } from './kinds/list.ts';
import type { KnownFiles } from './known-files.ts';
import { claimEnd, isPipe, openByOtherEnd } from './pipe-ends.ts';
import type { ClaimedFile, ClaimedFiles, Refill } from './plan-descriptors.ts';

/** How a file came to be open, and no part of what is open. */
const OF_OPENING = O_CLOEXEC | O_NOFOLLOW | O_ASYNC;

/** Lines of fdinfo that tell of any file. */
const OF_ALL = 4;

export interface Claiming {
  readonly held: HeldFiles;
  readonly known: KnownFiles;
  readonly wanted: DescriptorsImage;
  /** Who the program is, and one of its threads. */
  readonly identity: Uint8Array;
  readonly living: number;
  readonly claims: Claims;
  /** What is open at the moment. */
  readonly now: DescriptorsImage;
  /** Opening a file asks the program, which is stopped. */
  readonly isAsked: boolean;
}

export function claimFiles(claiming: Claiming, refills: readonly Refill[]): ClaimedFiles {
  const claimed = new Map<string, ClaimedFile>();
  const closed = refills.filter(({ source }) => source === undefined);
  const files = closed.filter(({ image }) => hasFile(image) && !claiming.isAsked);
  const mayHave = files.length === 0 ? () => false : rightsTo(claiming);
  for (const { image } of closed) {
    const key = openFileOf(image);
    if (claimed.has(key)) continue;
    const file = hasFile(image) ? openFile(claiming, image, mayHave) : make(claiming, image);
    if (file === undefined) continue;
    claiming.claims.acquire('open', () => file.fd, close);
    claimed.set(key, file);
  }
  return claimed;
}

/** What can be opened, and is not made by a call of its own. */
function hasFile({ kind }: DescriptorImage): boolean {
  return kind === 'path' || kind === 'pipe';
}

function openFile(
  claiming: Claiming,
  image: DescriptorImage,
  mayHave: (held: number, image: DescriptorImage) => boolean,
): ClaimedFile | undefined {
  if (claiming.isAsked) return undefined;
  const own = claiming.held.find(image);
  if (own !== undefined) return openBy(own, claiming, image, mayHave);
  const other = openByOtherEnd(claiming.living, image, claiming.now) ?? -1;
  return useAndClose(other, (fd) => openBy(fd, claiming, image, mayHave));
}

function openBy(
  own: number,
  { now, wanted }: Claiming,
  image: DescriptorImage,
  mayHave: (held: number, image: DescriptorImage) => boolean,
): ClaimedFile | undefined {
  if (!mayHave(own, image) || breaksLease(now, image)) return undefined;
  if (isPipe(own)) return claimEnd(own, image, wanted);
  const fd = openHeld(own, image);
  return fd < 0 ? undefined : { fd, text: 'it is opened again', bit: 0 };
}

/** One of our own in the place of one that nobody has any more. */
function make({ known }: Claiming, image: DescriptorImage): ClaimedFile | undefined {
  const fd = findKind(image.link)?.make?.(image) ?? -1;
  if (fd < 0) return undefined;
  setStatusFlags(fd, image.flags & ~OF_OPENING);
  const told = readFileSync(`/proc/self/fdinfo/${fd}`).toString('latin1');
  const rest = told.split('\n').slice(OF_ALL).join('\n');
  const content = keepContent(image.link, Buffer.from(rest, 'latin1')) ?? new Uint8Array(0);
  if (!known.isOpen(image)) return { fd, text: 'it is made anew', bit: 0, content };
  const text = 'it is made anew, and is not the one any more that another process still has';
  return { fd, text, bit: LOST.descriptors, content };
}

/** Whether the program has a lease on the file by now, and would be told of its opening. */
function breaksLease(now: DescriptorsImage, { inode }: DescriptorImage): boolean {
  return now.some(({ locks, inode: other }) => other === inode && hasLease(locks));
}

function rightsTo(claiming: Claiming): (held: number, image: DescriptorImage) => boolean {
  const { held, wanted, identity, living } = claiming;
  const former = held.identityAt(wanted);
  if (former !== undefined && isSameRights(former, identity) && isOfOurUsers(living)) {
    return () => true;
  }
  const rights = new OwnRights(living);
  return (own, { flags }) => {
    const status = statKnown(own);
    const isWriting = (flags & O_ACCMODE) !== 0;
    return status !== undefined && rights.mayOpen(status, isWriting);
  };
}

/** It has made no user namespace of its own, where the same users are others. */
function isOfOurUsers(living: number): boolean {
  return readlinkSync(`/proc/${living}/ns/user`) === readlinkSync('/proc/self/ns/user');
}

/** A new descriptor of ours, or minus errno. It is opened without waiting for anybody. */
function openHeld(held: number, { flags }: DescriptorImage): number {
  if ((flags & O_PATH) !== 0) return getDescriptor(process.pid, held);
  const isTemporary = (flags & O_TMPFILE_ALONE) !== 0;
  const kept = flags & ~(isTemporary ? OF_OPENING | O_TMPFILE_ALONE | O_DIRECTORY : OF_OPENING);
  const fd = open(`/proc/self/fd/${held}`, kept | O_NONBLOCK | O_NOCTTY);
  if (fd >= 0 && (kept & O_NONBLOCK) === 0) setStatusFlags(fd, kept);
  return fd;
}
