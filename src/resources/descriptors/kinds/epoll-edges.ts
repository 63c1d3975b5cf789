/**
 * Edges: a file that is watched with EPOLLET is reported once for each change, and the program that
 * goes back may have been told already of what it is to wait for. Nothing shows which have been
 * reported. So all that are ready now are reported once more, as they are when a watch is changed
 * (EPOLL_CTL_MOD looks at the file): one too many is looked into, one too few is waited for.
 *
 * Source: epoll(7); fs/eventpoll.c, ep_modify.
 */
import { SYS } from '../../../arch/x64/syscalls.ts';
import { EPOLLET, POLLFD_SIZE } from '../../../sys/descriptor-flags.ts';
import type { Stopped } from '../../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from '../descriptor-image.ts';
import { asWatched, control } from './epoll-control.ts';
import { findNumber, leadsTo } from './find-number.ts';
import { has, isDisarmed, parseWatches, readWatches, type Watch } from './watches.ts';

/** Chosen: as many as the smallest usual limit of descriptors lets be asked for. */
const POLLED_MAX = 1024;
/** Chosen: so many numbers are named. */
const NAMED_MAX = 8;
const EVENTS_OFFSET = 4;
const REVENTS_OFFSET = 6;
const POLL_EVENTS = 0xffff;

/** A watch, and a number that leads to its file. */
interface Edge {
  readonly watch: Watch;
  readonly by: number;
  readonly flags: number | undefined;
}

const knownEdges = new WeakMap<DescriptorImage, boolean>();

export function renewEdges(stopped: Stopped, wanted: DescriptorsImage): string[] {
  const sets = new Map(wanted.filter(hasEdges).map((image) => [image.description, image]));
  if (sets.size === 0) return [];
  const numbers = new Map(wanted.map((image) => [image.fd, image]));
  return [...sets.values()].flatMap(({ fd: epoll }) => {
    const watches = readWatches(stopped.living, epoll);
    const found = watches.filter(isEdge).map((watch) => {
      const own = numbers.get(watch.fd);
      const isAlone = own?.inode === watch.inode && watch.isAlone;
      const isIt = ({ fd }: DescriptorImage): boolean => leadsTo(stopped.living, fd, epoll, watch);
      const by = isAlone ? watch.fd : findNumber(wanted, watch, isIt);
      return { watch, by, flags: own?.flags };
    });
    const edges = found.flatMap(({ by, ...edge }) => (by === undefined ? [] : [{ ...edge, by }]));
    for (let at = 0; at < edges.length; at += POLLED_MAX) {
      renewReady(stopped, epoll, edges.slice(at, at + POLLED_MAX));
    }
    const lost = found.filter(({ by }) => by === undefined).map(({ watch }) => watch.fd);
    if (lost.length === 0) return [];
    const list = lost.slice(0, NAMED_MAX).join(', ');
    return [`epoll set ${epoll} may not report again what ${list} led to when it was added`];
  });
}

function hasEdges(image: DescriptorImage): boolean {
  if (image.kind !== 'epoll') return false;
  const known = knownEdges.get(image) ?? parseWatches(image.content).some(isEdge);
  knownEdges.set(image, known);
  return known;
}

function isEdge(watch: Watch): boolean {
  return has(watch, EPOLLET) && !isDisarmed(watch);
}

function renewReady(stopped: Stopped, epoll: number, edges: readonly Edge[]): void {
  const changes = findReady(stopped, edges).flatMap(({ watch, by, flags }) =>
    asWatched(watch, watch, by, flags),
  );
  control(stopped.remote, epoll, changes);
}

/** Those of which poll(2) says that they are; all where it says nothing. */
function findReady({ remote, target }: Stopped, edges: readonly Edge[]): readonly Edge[] {
  const asked = Buffer.alloc(edges.length * POLLFD_SIZE);
  for (const [index, { watch, by }] of edges.entries()) {
    asked.writeInt32LE(by, index * POLLFD_SIZE);
    asked.writeUInt16LE(watch.events & POLL_EVENTS, index * POLLFD_SIZE + EVENTS_OFFSET);
  }
  const { calls, scratch } = remote();
  const address = scratch.put(asked);
  if (calls.call(SYS.poll, address, edges.length, 0) < 0) return edges;
  const answers = target.read(address, asked.length);
  if (answers.length < asked.length) return edges;
  const isReady = (index: number): boolean =>
    answers.readUInt16LE(index * POLLFD_SIZE + REVENTS_OFFSET) !== 0;
  return edges.filter((_, index) => isReady(index));
}
