/**
 * Opens the files that a rollback is to give back, from what is held of them, before anything is
 * touched: what is refused now comes back hung up, and what is open is sure to come back.
 *
 * Invariants
 * 1. A file is opened for what it was open for at the point, and for no more.
 * 2. It is given back only to the rights that the program had at the point, or to such as may open
 *    it anyway.
 */
import { readlinkSync } from 'node:fs';
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
import { close, open } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { statKnown } from '../../sys/statx.ts';
import type { Claims } from '../claims.ts';
import { isSameRights } from '../identity.ts';
import { OwnRights } from '../own-rights.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';
import { hasLease } from './file-locks.ts';
import type { HeldFiles } from './held-files.ts';
import type { Refill } from './plan-descriptors.ts';

/** How a file came to be open, and no part of what is open. */
const OF_OPENING = O_CLOEXEC | O_NOFOLLOW | O_ASYNC;

/** Descriptors of ours for open files that are gone, by their description. */
export type ClaimedFiles = ReadonlyMap<number, number>;

export interface Claiming {
  readonly held: HeldFiles;
  readonly wanted: DescriptorsImage;
  /** Who the program is, and one of its threads. */
  readonly identity: Uint8Array;
  readonly living: number;
  readonly claims: Claims;
  /** What is open at the moment. */
  readonly now: DescriptorsImage;
}

export function claimFiles(claiming: Claiming, refills: readonly Refill[]): ClaimedFiles {
  const opened = new Map<number, number>();
  const closed = refills.filter(({ image, source }) => {
    return image.kind === 'path' && source === undefined;
  });
  if (closed.length === 0) return opened;
  const mayHave = rightsTo(claiming);
  for (const { image } of closed) {
    if (opened.has(image.description)) continue;
    const held = claiming.held.find(image);
    if (held === undefined || !mayHave(held, image) || breaksLease(claiming.now, image)) continue;
    const fd = openHeld(held, image);
    if (fd < 0) continue;
    claiming.claims.acquire('open', () => fd, close);
    opened.set(image.description, fd);
  }
  return opened;
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
