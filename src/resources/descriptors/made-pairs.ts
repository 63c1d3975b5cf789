/**
 * Pairs of sockets of which the program has closed an end since, or both. The end that is left has
 * seen the other one go, which nothing takes back: so a new pair takes the place of both. The
 * program makes it, as it did at first: the kernel notes by whom (SO_PEERCRED).
 *
 * Not where another process has an end by now, in whose eyes the pair would fall apart.
 */
import { at } from '../../at.ts';
import { SYS } from '../../arch/x64/syscalls.ts';
import { AF_UNIX, F_DUPFD_CLOEXEC, O_CLOEXEC } from '../../sys/descriptor-flags.ts';
import { useAndClose } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { statKnownLink } from '../../sys/statx.ts';
import type { Claims } from '../claims.ts';
import { findAllRelatives, linksOf } from '../relatives.ts';
import type { SocketPair, SocketPairs } from '../socket-pairs.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';

const PAIR_SIZE = 8;

/** What takes the place of a socket. */
export interface Substitute {
  /** A number in the program that leads to it, and is none of the point's. */
  readonly fd: number;
  readonly inode: number;
  /** Options that are not as they were. */
  readonly failed: readonly string[];
}

/** By the inode of the socket of the point. */
export type Substitutes = ReadonlyMap<number, Substitute>;

export const NO_SUBSTITUTES: Substitutes = new Map();

export function claimPairs(
  stopped: Stopped,
  pairs: SocketPairs,
  wanted: DescriptorsImage,
  now: DescriptorsImage,
  claims: Claims,
): Substitutes {
  const open = new Set(now.flatMap(({ kind, inode }) => (kind === 'socket' ? [inode] : [])));
  const broken = pairs.of(wanted).filter(({ ends }) => ends.some((inode) => !open.has(inode)));
  if (broken.length === 0) return NO_SUBSTITUTES;
  const names = new Set(findAllRelatives(stopped).flatMap((pid) => [...linksOf(pid).values()]));
  const above = (wanted.at(-1)?.fd ?? 0) + 1;
  const made = new Map<number, Substitute>();
  for (const { ends, type } of broken) {
    if (ends.some((inode) => names.has(`socket:[${inode}]`))) continue;
    for (const [index, fd] of claimPair(stopped, type, above, claims).entries()) {
      const former = at(ends, index);
      const inode = statKnownLink(`/proc/${stopped.living}/fd/${fd}`)?.ino ?? 0;
      const failed = useAndClose(getDescriptor(stopped.living, fd), (own) =>
        pairs.setOptions(former, own),
      );
      made.set(former, { fd, inode, failed: failed ?? ['all'] });
    }
  }
  return made;
}

/** What is to take the place of an image's socket, if anything is. */
export function findSubstitute(
  substitutes: Substitutes,
  { kind, inode }: DescriptorImage,
): Substitute | undefined {
  return kind === 'socket' ? substitutes.get(inode) : undefined;
}

/** Which sockets take whose place. */
export function placesOf(substitutes: Substitutes): ReadonlyMap<number, number> {
  return new Map([...substitutes].map(([former, { inode }]) => [former, inode]));
}

function claimPair(
  stopped: Stopped,
  type: SocketPair['type'],
  above: number,
  claims: Claims,
): readonly number[] {
  let fds: number[] = [];
  claims.acquire(
    'socketpair',
    () => {
      fds = makePair(stopped, type, above);
      return fds.length;
    },
    () => {
      for (const fd of fds) stopped.remote().calls.call(SYS.close, fd);
    },
  );
  return fds;
}

/** The numbers of both, none of them below `above`; none: it was refused. */
function makePair(stopped: Stopped, type: SocketPair['type'], above: number): number[] {
  const { calls, scratch } = stopped.remote();
  const room = scratch.reserve(PAIR_SIZE);
  if (calls.call(SYS.socketpair, AF_UNIX, type | O_CLOEXEC, 0, room) < 0) return [];
  const bytes = stopped.target.read(room, PAIR_SIZE);
  const low = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  const high = low.map((fd) => calls.call(SYS.fcntl, fd, F_DUPFD_CLOEXEC, above));
  for (const fd of low) calls.call(SYS.close, fd);
  if (high.every((fd) => fd >= 0)) return high;
  for (const fd of high) if (fd >= 0) calls.call(SYS.close, fd);
  return [];
}
