/**
 * What waits in a socket of which the kernel counts nothing, and whether the program that goes back
 * to a point is in step with what has gone over it: by what waited then and waits now, and what has
 * happened in between (edges.ts).
 *
 * Source: unix_inq_len, unix_outq_len, unix_poll and unix_write_space of net/unix/af_unix.c.
 */
import { getPeerAddress, getSendBuffer } from '../../sys/getsockopt.ts';
import { pollNow } from '../../sys/poll.ts';
import { readQueued, readUnread } from '../../sys/socket-queues.ts';
import type { Since } from './edges.ts';
import type { Queues } from './socket-image.ts';
import type { PointFacts, Verdict } from './tcp-look.ts';

const IN_STEP: Verdict = { kind: 'in step' };
const NOT_KNOWN: Verdict = { kind: 'not known' };

/** @param before what was found last: one that has been connected stays so */
export function lookAtQueues(own: number, before: Queues | undefined): Queues {
  return {
    isConnected: before?.isConnected === true || getPeerAddress(own) !== undefined,
    unread: readUnread(own),
    queued: readQueued(own),
    sendBuffer: getSendBuffer(own),
    ...pollNow(own),
  };
}

/** Nothing is under way: only what comes, which is told of, or what is written changes that. */
export function isEmpty({ unread, queued, isReadable, hasTheirEnd }: Queues): boolean {
  return unread === 0 && queued === 0 && (!isReadable || hasTheirEnd);
}

/** Nothing was under way, and nothing has happened since: something may have been written. */
export function isIdle(was: Queues | undefined, since: Since): boolean {
  if (was === undefined || !isEmpty(was)) return false;
  return since.isWatched && !since.hasArrived && !since.isTaken && !since.isEither;
}

export function isSameQueues(one: Queues | undefined, other: Queues): boolean {
  return (
    one !== undefined &&
    one.isConnected === other.isConnected &&
    one.unread === other.unread &&
    one.queued === other.queued &&
    one.sendBuffer === other.sendBuffer &&
    one.isReadable === other.isReadable &&
    one.isWritable === other.isWritable &&
    one.hasTheirEnd === other.hasTheirEnd &&
    one.isHungUp === other.isHungUp &&
    one.hasError === other.hasError
  );
}

/** Of a connection. @param was what was known of it at the point; undefined: nothing */
export function judgeStream(
  was: Queues | undefined,
  now: Queues,
  since: Since,
  point: PointFacts,
): Verdict {
  if (!now.isConnected) return IN_STEP;
  if (was === undefined || !(point.isExact || isEmpty(was))) return NOT_KNOWN;
  if (!was.isConnected) return point.isExact ? { kind: 'connected since' } : NOT_KNOWN;
  if (now.unread < was.unread) return used(`${was.unread - now.unread} bytes read`);
  const isWritten = !point.isStream && now.queued > was.queued;
  if (isWritten && point.isExact) return used('something was written');
  if (now.isHungUp && !was.isHungUp) return { kind: 'hung up since' };
  // An end makes both kinds of edges.
  if (now.hasTheirEnd && !was.hasTheirEnd) return NOT_KNOWN;
  if (since.hasArrived && hasReadWhatCame(was, now)) return used('something was read');
  const isSent = !point.isStream && since.isTaken;
  if (isSent && isSurelySent(was, now, point)) return used('something was written');
  if (since.isEither && hasReadWhatCame(was, now) && isSurelySent(was, now, point))
    return point.isStream ? NOT_KNOWN : used('something went over it');
  const isBlocked = was.queued > 0 && !now.isWritable;
  const isUnclear = since.hasArrived || since.isEither || isSent || isWritten || isBlocked;
  return isUnclear || !since.isWatched ? NOT_KNOWN : IN_STEP;
}

/** Of what cannot be ended. */
export function judgeNoted(
  was: Queues | undefined,
  now: Queues,
  since: Since,
  point: PointFacts,
): Verdict {
  if (was === undefined || !(point.isExact || isEmpty(was))) return NOT_KNOWN;
  const { hasArrived, isTaken, isEither, isWatched } = since;
  const isOtherOne = was.isReadable && (!now.isReadable || now.unread !== was.unread);
  if (isOtherOne || (hasArrived && !now.isReadable)) return used('something was read');
  const isWritten = !point.isStream && now.queued > was.queued;
  const isSent = !point.isStream && isTaken;
  const isSure = isWritten && point.isExact;
  if (isSure || (isSent && isSurelySent(was, now, point))) return used('something was written');
  if (isEither && !now.isReadable && isSurelySent(was, now, point))
    return point.isStream ? NOT_KNOWN : used('something went over it');
  return hasArrived || isEither || isSent || isWritten || !isWatched ? NOT_KNOWN : IN_STEP;
}

/** Something has come, and no more waits than did before. */
function hasReadWhatCame(was: Queues, now: Queues): boolean {
  return now.unread === was.unread && (was.unread > 0 || !now.isReadable) && !was.hasTheirEnd;
}

/** What was taken since is nothing that waited then, and its buffer was not changed. */
function isSurelySent(was: Queues, now: Queues, { isExact }: PointFacts): boolean {
  return isExact && was.queued === 0 && was.isWritable && now.sendBuffer === was.sendBuffer;
}

function used(text: string): Verdict {
  return { kind: 'used', text };
}
