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
import { getPeerAddress, tellsSender } from '../../sys/getsockopt.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { getSocketAddress } from '../../sys/socket-names.ts';
import { statKnownLink } from '../../sys/statx.ts';
import type { Claims } from '../claims.ts';
import { findAllRelatives, linksOf } from '../relatives.ts';
import type { SocketPair, SocketPairs } from '../socket-pairs.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';

const PAIR_SIZE = 8;
/** The family alone. */
const UNNAMED_SIZE = 2;

/** What takes the place of a socket. */
export interface Substitute {
  /** A number in the program that leads to it: the socket's own, or one that is lent to us. */
  readonly fd: number;
  readonly inode: number;
  /** Options that are not as they were. */
  readonly failed: readonly string[];
}

/** By the inode of the socket of the point. */
export type Substitutes = ReadonlyMap<number, Substitute>;

export const NO_SUBSTITUTES: Substitutes = new Map();

export interface PairClaims {
  readonly stopped: Stopped;
  readonly pairs: SocketPairs;
  readonly wanted: DescriptorsImage;
  readonly now: DescriptorsImage;
  readonly claims: Claims;
  /** Numbers that are not given back any more: filled when the rollback is done. */
  readonly filled: ReadonlySet<number>;
}

export function claimPairs(claiming: PairClaims): Substitutes {
  const { stopped, pairs, wanted, now } = claiming;
  const open = new Set(now.flatMap(({ kind, inode }) => (kind === 'socket' ? [inode] : [])));
  const broken = pairs.of(wanted).filter(({ ends }) => ends.some((inode) => !open.has(inode)));
  if (broken.length === 0) return NO_SUBSTITUTES;
  const names = new Set(findAllRelatives(stopped).flatMap((pid) => [...linksOf(pid).values()]));
  const free = findFreeNumbers(wanted, now);
  const above = (wanted.at(-1)?.fd ?? 0) + 1;
  const made = new Map<number, Substitute>();
  for (const { ends, type } of broken) {
    if (ends.some((inode) => names.has(`socket:[${inode}]`))) continue;
    const left = now.find(({ kind, inode }) => kind === 'socket' && ends.includes(inode));
    const hadName = left && useAndClose(getDescriptor(stopped.living, left.fd), hasName);
    const numberOf = (inode: number): number => free.get(inode) ?? above;
    const inOrder = [...ends].sort((one, other) => numberOf(one) - numberOf(other));
    for (const [index, fd] of claimPair(claiming, type, inOrder.map(numberOf)).entries()) {
      const former = at(inOrder, index);
      const inode = statKnownLink(`/proc/${stopped.living}/fd/${fd}`)?.ino ?? 0;
      const failed = useAndClose(getDescriptor(stopped.living, fd), (own) => [
        ...pairs.setOptions(former, own),
        // Nothing is left to ask: the kernel has given it one where it sends.
        ...((hadName ?? tellsSender(own)) ? ['its address'] : []),
      ]);
      made.set(former, { fd, inode, failed: failed ?? ['all'] });
    }
  }
  return made;
}

/**
 * Numbers that lead nowhere now, by the inode of the socket that is to have them: there they need
 * no other number, of which a program may have too few. The first of each socket.
 */
function findFreeNumbers(
  wanted: DescriptorsImage,
  now: DescriptorsImage,
): ReadonlyMap<number, number> {
  const taken = new Set(now.map(({ fd }) => fd));
  const free = new Map<number, number>();
  for (const { fd, kind, inode } of wanted) {
    if (kind === 'socket' && !taken.has(fd) && !free.has(inode)) free.set(inode, fd);
  }
  return free;
}

/**
 * Whether one of the two has an address by now. Where it was known to have one at the point, no
 * pair is made; but the kernel gives it one unseen (SO_PASSCRED), and bind(2) changes no number.
 */
function hasName(own: number): boolean {
  return [getSocketAddress(own), getPeerAddress(own)].some(
    (address) => (address?.length ?? 0) > UNNAMED_SIZE,
  );
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
  { stopped, claims, filled }: PairClaims,
  type: SocketPair['type'],
  numbers: readonly number[],
): readonly number[] {
  let fds: number[] = [];
  claims.acquire(
    'socketpair',
    () => {
      fds = makePair(stopped, type, numbers);
      return fds.length;
    },
    () => {
      const { calls } = stopped.remote();
      for (const fd of fds) if (!filled.has(fd)) calls.call(SYS.close, fd);
    },
  );
  return fds;
}

/**
 * Both ends at `numbers`, of which the lower one is first, or above where those are taken; none: it
 * was refused. The kernel gives the lowest numbers that are free, in their order: the second leaves
 * its place first, which may be that of the other.
 */
function makePair(
  stopped: Stopped,
  type: SocketPair['type'],
  numbers: readonly number[],
): number[] {
  const { calls, scratch } = stopped.remote();
  const room = scratch.reserve(PAIR_SIZE);
  if (calls.call(SYS.socketpair, AF_UNIX, type | O_CLOEXEC, 0, room) < 0) return [];
  const bytes = stopped.target.read(room, PAIR_SIZE);
  const fds = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  for (const index of [1, 0]) {
    const [fd, number] = [at(fds, index), at(numbers, index)];
    if (fd === number) continue;
    fds[index] = calls.call(SYS.fcntl, fd, F_DUPFD_CLOEXEC, number);
    calls.call(SYS.close, fd);
  }
  if (fds.every((fd) => fd >= 0)) return fds;
  for (const fd of fds) if (fd >= 0) calls.call(SYS.close, fd);
  return [];
}
