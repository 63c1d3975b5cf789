/**
 * Epoll sets: what they watch is made what it was at the point, by comparison of what fdinfo tells.
 *
 * What is watched is a file together with the number by which it was added. A file that was closed
 * has left the set by itself; one that took its place is added as it was. A file that is open
 * elsewhere, as in a child, stays in the set although its number leads away: it is removed while
 * the number still leads there, or leads there again for a moment.
 *
 * What had been reported once, and not been asked for again (EPOLLONESHOT), cannot be added as
 * such: it is asked for, and reported to us.
 *
 * Source: epoll_ctl(2); fs/eventpoll.c, ep_find, ep_send_events.
 */
import { EPOLLIN, EPOLLOUT, O_ACCMODE, O_WRONLY } from '../../../sys/descriptor-flags.ts';
import { epollCreate, epollDrain } from '../../../sys/epoll.ts';
import { useAndClose } from '../../../sys/file.ts';
import { getDescriptor } from '../../../sys/pidfd.ts';
import { isAnonymous, kindOf, type DescriptorImage } from '../descriptor-image.ts';
import { asWatched, control, removal, type Change } from './epoll-control.ts';
import { renewEdges } from './epoll-edges.ts';
import { findNumber, leadsTo } from './find-number.ts';
import type { AnonymousKind, Settling } from './kind.ts';
import { describeDifferences } from './name-watches.ts';
import {
  isDisarmed,
  isSameWatch,
  pairWatches,
  parseWatches,
  readWatches,
  type Pairs,
  type Watch,
} from './watches.ts';

/** All that poll(2) knows: a file that is ready for anything is reported. */
const ANYTHING = 0x27c7;

export const epollSets: AnonymousKind = {
  has: (link) => kindOf(link) === 'epoll',
  make: epollCreate,
  loosen: ({ stopped: { living, remote }, image, present, replaced }) => {
    const now = parseWatches(present.content);
    const { pairs, left } = pairWatches(parseWatches(image.content), now);
    const others = pairs.filter((watch) => watch !== undefined && replaced.has(watch.fd));
    const removals = [...left, ...others].flatMap((watch) =>
      watch !== undefined && leadsTo(living, watch.fd, present.fd, watch)
        ? [removal(watch, watch.fd)]
        : [],
    );
    control(remote, present.fd, removals);
  },
  settle: (settling) => {
    const { image, stopped } = settling;
    const { living, remote } = stopped;
    const watches = parseWatches(image.content);
    const changes = planChanges(settling, watches, ANYTHING);
    control(remote, image.fd, changes);
    if (changes.length > 0 && watches.some(isDisarmed)) {
      useAndClose(getDescriptor(living, image.fd), (own) => {
        epollDrain(own, watches.length);
      });
      control(remote, image.fd, planChanges(settling, watches, 0));
    }
    const text = describeDifferences(watches, pairNow(settling, watches));
    return text === '' ? undefined : `epoll set ${image.fd} ${text}`;
  },
  renew: renewEdges,
};

/** @param asking what those that had been reported are asked for */
function planChanges(settling: Settling, watches: readonly Watch[], asking: number): Change[] {
  const { stopped, image, replaced, wanted } = settling;
  const numbers = new Map(wanted.map((each) => [each.fd, each]));
  const { pairs, left } = pairNow(settling, watches);
  const removals = left.flatMap((watch) => {
    const isIt = ({ fd }: DescriptorImage): boolean => leadsTo(stopped.living, fd, image.fd, watch);
    const by = findNumber(wanted, watch, isIt);
    return by === undefined ? [] : [removal(watch, by, numbers.get(watch.fd)?.flags)];
  });
  const changes = watches.flatMap((watch, index) => {
    const present = pairs[index];
    if (present !== undefined && isSameWatch(present, watch)) return [];
    const own = numbers.get(watch.fd);
    const isThere = own !== undefined && (replaced.has(watch.fd) || own.inode === watch.inode);
    const by = isThere ? watch.fd : findNumber(wanted, watch, (each) => canBe(each, watch));
    if (by === undefined) return [];
    const events = isDisarmed(watch) ? (watch.events | asking) >>> 0 : watch.events;
    return asWatched(present, { ...watch, events }, by, own?.flags);
  });
  return [...removals, ...changes];
}

/** Of numbers that were replaced the watch stands for the point's that leads to the new file. */
function pairNow({ stopped, image, replaced }: Settling, watches: readonly Watch[]): Pairs {
  const { living } = stopped;
  const now = readWatches(living, image.fd);
  const isOf = ({ fd }: Watch): boolean => replaced.has(fd);
  const others = pairWatches(
    watches.filter((watch) => !isOf(watch)),
    now.filter((watch) => !isOf(watch)),
  );
  const left = now.filter(isOf);
  const rest = [...others.pairs];
  const pairs = watches.map((watch) => {
    if (!isOf(watch)) return rest.shift();
    const found = left.findIndex(
      (other) => other.fd === watch.fd && leadsTo(living, watch.fd, image.fd, other),
    );
    return found < 0 ? undefined : left.splice(found, 1)[0];
  });
  return { pairs, left: [...others.left, ...left] };
}

/** An image of this inode: the file itself, or perhaps the other end of its pipe. */
function canBe(image: DescriptorImage, { events }: Watch): boolean {
  if (image.kind !== 'pipe') return !isAnonymous(image);
  const isWritten = (image.flags & O_ACCMODE) === O_WRONLY;
  return (events & (isWritten ? EPOLLOUT : EPOLLIN)) !== 0;
}
