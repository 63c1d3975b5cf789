/**
 * Changes what epoll sets watch: the program makes the calls itself, since a watch is found by a
 * number of its own.
 *
 * Source: epoll_ctl(2).
 */
import { SYS } from '../../../arch/x64/syscalls.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_EVENT_SIZE,
  EPOLLEXCLUSIVE,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
} from '../../../sys/descriptor-flags.ts';
import type { RemoteSource } from '../../../tracee/remote-session.ts';
import { has, type Watch } from './watches.ts';

/** One of epoll_ctl(2). */
export interface Change {
  readonly operation: number;
  readonly watch: Watch;
  /** A number that leads to the file: that of the watch, or one that it is made to share. */
  readonly by: number;
  /** Of the number of the watch as it is; undefined: it leads nowhere. */
  readonly flags: number | undefined;
}

export function removal(watch: Watch, by: number, flags?: number): Change {
  return { operation: EPOLL_CTL_DEL, watch, by, flags };
}

/** From `present` to `watch`. Exclusive ones are made anew: they cannot be changed. */
export function asWatched(
  present: Watch | undefined,
  watch: Watch,
  by: number,
  flags?: number,
): Change[] {
  const added = { operation: EPOLL_CTL_ADD, watch, by, flags };
  if (present === undefined) return [added];
  const isExclusive = has(present, EPOLLEXCLUSIVE) || has(watch, EPOLLEXCLUSIVE);
  return isExclusive
    ? [removal(present, by, flags), added]
    : [{ ...added, operation: EPOLL_CTL_MOD }];
}

/** What is refused is not told: the set is looked at afterwards. */
export function control(remote: RemoteSource, epoll: number, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.by === change.watch.fd) make(remote, epoll, change);
    else makeElsewhere(remote, epoll, change);
  }
}

function make(remote: RemoteSource, epoll: number, { operation, watch }: Change): number {
  const { calls, scratch } = remote();
  const event = Buffer.alloc(EPOLL_EVENT_SIZE);
  event.writeUInt32LE(watch.events, 0);
  event.writeBigUInt64LE(watch.data, 4);
  return calls.call(SYS.epoll_ctl, epoll, operation, watch.fd, scratch.put(event));
}

/** While the number leads to the file for a moment. */
function makeElsewhere(remote: RemoteSource, epoll: number, change: Change): void {
  const { calls } = remote();
  const { by, flags, watch } = change;
  const { fd } = watch;
  const above = Math.max(fd, by, epoll) + 1;
  const aside = flags === undefined ? -1 : calls.call(SYS.fcntl, fd, F_DUPFD_CLOEXEC, above);
  if (flags !== undefined && aside < 0) return;
  if (calls.call(SYS.dup3, by, fd, O_CLOEXEC) === fd) make(remote, epoll, change);
  if (flags === undefined) {
    calls.call(SYS.close, fd);
    return;
  }
  calls.call(SYS.dup3, aside, fd, flags & O_CLOEXEC);
  calls.call(SYS.close, aside);
}
