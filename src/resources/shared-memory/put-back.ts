/**
 * Shared memory that goes back: planned and given room before the commit, written after it. What
 * forbids it (a seal, a limit, rights) leaves all of the object as it is, and is named.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { errnoName } from '../../errors.ts';
import { parseSoftLimit } from '../../procfs/limits.ts';
import type { PageStore } from '../../store/page-store.ts';
import { ftruncate, punchHole, reserveRoom } from '../../sys/fallocate.ts';
import { close, pwrite } from '../../sys/file.ts';
import { F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE } from '../../sys/memfd.ts';
import type { Claims } from '../claims.ts';
import { openHeldForWriting, type HeldObject } from './held-object.ts';
import type { SharedObjectImage } from './shared-image.ts';
import type { PageSpan } from './page-spans.ts';
import type { Difference } from './shared-content.ts';

const { ENOSPC, ENOMEM } = constants.errno;

/** What is to be done to one object. */
export interface PutBack {
  readonly image: SharedObjectImage;
  readonly difference: Difference;
  /** After the commit. Answers the pages that could not be written. */
  apply(): number;
}

/** What there is now, and how it differs. */
export interface Changed {
  readonly image: SharedObjectImage;
  readonly held: HeldObject;
  readonly sizeNow: number;
  readonly sealsNow: number;
  readonly difference: Difference;
}

/** Why it cannot be written; undefined: it can. */
export function findForbidden({
  image,
  sizeNow,
  sealsNow,
  difference,
}: Changed): string | undefined {
  const { writes, surplus } = difference;
  const forbidden =
    (writes.length + surplus.length > 0 ? F_SEAL_WRITE | F_SEAL_FUTURE_WRITE : 0) |
    (sizeNow > image.sizeBytes ? F_SEAL_SHRINK : 0) |
    (sizeNow < image.sizeBytes ? F_SEAL_GROW : 0);
  if ((sealsNow & forbidden) !== 0) return 'it has been sealed';
  if (image.sizeBytes > readSizeLimit()) return "it is larger than belay's limit of file sizes";
  return undefined;
}

/** Write to what lies behind the end, at `offset`; false: nothing leads there. */
export type WriteBehind = (from: number, offset: number, sizeBytes: number) => boolean;

/** @throws SyscallError where there is no room for it; a text where it may not be written */
export function claimPutBack(
  changed: Changed,
  store: PageStore,
  writeBehind: WriteBehind,
  claims: Claims,
): PutBack | string {
  const { image, held, sizeNow, difference } = changed;
  const fd = openHeldForWriting(held);
  if (fd < 0) return `it may not be written: ${errnoName(-fd)}`;
  claims.acquire('open', () => fd, close);
  let isDone = false;
  for (const span of difference.missing) {
    const errno = reserve(fd, span);
    if (errno !== 0 && errno !== -ENOSPC && errno !== -ENOMEM) {
      return `it may not be written: ${errnoName(-errno)}`;
    }
    claims.acquire(
      `get memory for ${image.path}`,
      () => errno,
      () => {
        if (!isDone) punchHole(fd, span.first * PAGE_SIZE, sizeOf(span));
      },
    );
  }
  const apply = (): number => {
    isDone = true;
    const isResized = sizeNow === image.sizeBytes || ftruncate(fd, image.sizeBytes) === 0;
    if (!isResized) return difference.writes.length;
    return write(fd, image, difference, store, writeBehind);
  };
  return { image, difference, apply };
}

function write(
  fd: number,
  { sizeBytes }: SharedObjectImage,
  { writes, surplus }: Difference,
  store: PageStore,
  writeBehind: WriteBehind,
): number {
  let lost = 0;
  for (const [index, slot] of writes) {
    const offset = index * PAGE_SIZE;
    const size = Math.min(PAGE_SIZE, sizeBytes - offset);
    const from = store.address(slot);
    const isWritten = pwrite(fd, from, size, offset) === size;
    const left = PAGE_SIZE - size;
    const isWhole = left === 0 || writeBehind(from + size, offset + size, left);
    if (!isWritten || !isWhole) lost += 1;
  }
  for (const span of surplus) {
    if (punchHole(fd, span.first * PAGE_SIZE, sizeOf(span)) < 0) lost += span.end - span.first;
  }
  return lost;
}

function reserve(fd: number, span: PageSpan): number {
  return reserveRoom(fd, span.first * PAGE_SIZE, sizeOf(span));
}

function sizeOf({ first, end }: PageSpan): number {
  return (end - first) * PAGE_SIZE;
}

/** Ours: whoever writes beyond it is refused. */
function readSizeLimit(): number {
  return parseSoftLimit(readFileSync('/proc/self/limits', 'latin1'), 'Max file size');
}
