/**
 * Epoll sets: what they watch is made what it was at the point, by comparison of what fdinfo tells.
 *
 * What is watched is a file together with the number by which it was added. A file that was closed
 * has left the set by itself; one that took its place is added as it was.
 *
 * Source: epoll_ctl(2), proc_pid_fdinfo(5).
 */
import { SYS } from '../../../arch/x64/syscalls.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_EVENT_SIZE,
} from '../../../sys/descriptor-flags.ts';
import type { RemoteSource } from '../../../tracee/remote-session.ts';
import type { AnonymousKind } from './kind.ts';

const WATCH =
  /^tfd:\s*(\d+)\s+events:\s*([0-9a-f]+)\s+data:\s*([0-9a-f]+)(?:.*\bino:([0-9a-f]+))?/gm;

export const epollSets: AnonymousKind = {
  has: (link) => link === 'anon_inode:[eventpoll]',
  settle: ({ stopped, image, present, replaced }) => {
    const [wanted, now] = [parseWatches(image.content), parseWatches(present.content)];
    const lost = restoreWatches(stopped.remote, image.fd, wanted, now, replaced);
    if (lost.length === 0) return undefined;
    return `epoll set ${image.fd} does not watch ${lost.join(', ')} any more`;
  },
};

interface Watch {
  readonly fd: number;
  readonly events: number;
  readonly data: bigint;
  readonly inode: string;
}

function parseWatches(text: Uint8Array | undefined): Watch[] {
  const lines = Buffer.from(text ?? []).toString('latin1');
  return [...lines.matchAll(WATCH)].map(([, fd, events, data, inode]) => ({
    fd: Number(fd),
    events: Number.parseInt(events ?? '0', 16),
    data: BigInt(`0x${data ?? '0'}`),
    inode: inode ?? '',
  }));
}

/**
 * Make the set `epoll` watch what `wanted` says. `now` was read before descriptors were put back;
 * `replaced` are the numbers that lead to another file since. Answers the numbers that it could not
 * be made to watch.
 */
function restoreWatches(
  remote: RemoteSource,
  epoll: number,
  wanted: readonly Watch[],
  now: readonly Watch[],
  replaced: ReadonlySet<number>,
): number[] {
  const left = new Map(now.map((watch) => [watch.fd, watch]));
  const lost: number[] = [];
  for (const watch of wanted) {
    const present = replaced.has(watch.fd) ? undefined : left.get(watch.fd);
    left.delete(watch.fd);
    const isThere = present?.inode === watch.inode;
    if (isThere && present.events === watch.events && present.data === watch.data) continue;
    const first = isThere ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    const second = isThere ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (control(remote, epoll, first, watch) === 0) continue;
    if (control(remote, epoll, second, watch) !== 0) lost.push(watch.fd);
  }
  for (const watch of left.values()) control(remote, epoll, EPOLL_CTL_DEL, watch);
  return lost;
}

function control(remote: RemoteSource, epoll: number, operation: number, watch: Watch): number {
  const { calls, scratch } = remote();
  const event = Buffer.alloc(EPOLL_EVENT_SIZE);
  event.writeUInt32LE(watch.events, 0);
  event.writeBigUInt64LE(watch.data, 4);
  return calls.call(SYS.epoll_ctl, epoll, operation, watch.fd, scratch.put(event));
}
