/**
 * What has gone over a TCP connection, as the kernel counts it, and whether the program that goes
 * back to a point is in step with that.
 *
 * Source: tcp_get_info, tcp_ioctl and tcp_inq of net/ipv4/tcp.c and include/net/tcp.h.
 */
import { pollNow } from '../../sys/poll.ts';
import { readQueued, readUnread } from '../../sys/socket-queues.ts';
import {
  readTcpInfo,
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
  type TcpInfo,
} from '../../sys/tcp.ts';
import { isQuiet, type Counts } from './socket-image.ts';

/** Chosen: while the program stands still, something may come between two questions. */
const LOOKS_MAX = 8;
/** The kernel counts these times in ticks: 100 a second at least. Twice that, to be sure. */
const TICKS_MS = 20;

export interface TcpLook extends Counts {
  /** In ms since the machine started, to a tick. */
  readonly lastReceivedMs: number;
  readonly lastSentMs: number;
  readonly bytesNotSent: number;
}

/** @param nowMs since the machine started; undefined: it is not TCP */
export function lookAtTcp(own: number, nowMs: number): TcpLook | undefined {
  let look: TcpLook | undefined;
  for (let count = 0; count < LOOKS_MAX; count += 1) {
    const unread = readUnread(own);
    const queued = readQueued(own);
    const info = readTcpInfo(own);
    if (info === undefined) return undefined;
    const hasError = info.state === TCP_CLOSE && pollNow(own).hasError;
    look = { ...countFrom(info, unread, queued, nowMs), hasError };
    if (readUnread(own) === unread && readQueued(own) === queued) break;
  }
  return look;
}

/** Of one for which nothing has come: whether a look would find what the last one found. */
export function isAsFound(own: number, known: Counts): boolean {
  const info = readTcpInfo(own);
  if (info?.state !== known.state || info.bytesNotSent + info.unacknowledged > 0) return false;
  if (known.hasError && !pollNow(own).hasError) return false;
  const { consumed, written } = countFrom(info, 0, 0, 0);
  return isQuiet(known) && consumed === known.consumed && written === known.written;
}

function countFrom(
  info: TcpInfo,
  unread: number,
  queued: number,
  nowMs: number,
): Omit<TcpLook, 'hasError'> {
  const { state, bytesReceived, bytesAcked, bytesNotSent } = info;
  const isBegun = state !== TCP_SYN_SENT && state !== TCP_SYN_RECV;
  return {
    state,
    // The end of the stream counts as a byte that has come, and is never unread.
    consumed: bytesReceived - unread - (hasTheirEnd(state) ? 1 : 0),
    // The request to connect counts as a byte that was acknowledged.
    written: isBegun ? bytesAcked + queued : 1,
    unread,
    queued,
    lastReceivedMs: nowMs - info.lastReceivedMs,
    lastSentMs: nowMs - info.lastSentMs,
    bytesNotSent,
  };
}

/** The other end has said that it will send no more. */
function hasTheirEnd(state: number): boolean {
  return (
    state === TCP_CLOSE_WAIT ||
    state === TCP_LAST_ACK ||
    state === TCP_CLOSING ||
    state === TCP_TIME_WAIT
  );
}

export function isConnection({ state }: Counts): boolean {
  return state !== TCP_CLOSE && state !== TCP_LISTEN;
}

export interface PointFacts {
  readonly momentMs: number;
  /** `was` is what was found at the point itself, and not some time before. */
  readonly isExact: boolean;
  /** Something may have come before the point that was not looked at. */
  readonly isPartial: boolean;
  /** It is standard input or output: what was written is a log, and no reply. */
  readonly isStream: boolean;
}

export type Verdict =
  | { readonly kind: 'in step' | 'connected since' | 'hung up since' | 'not known' }
  | { readonly kind: 'used'; readonly text: string };

const IN_STEP: Verdict = { kind: 'in step' };

/** @param was what was known of it at the point; undefined: nothing */
export function judgeTcp(was: Counts | undefined, now: TcpLook, point: PointFacts): Verdict {
  if (!isConnection(now)) return IN_STEP;
  if (was === undefined) return judgeByTimes(now, point);
  if (was.state === TCP_LISTEN) return IN_STEP;
  if (was.state === TCP_CLOSE) return { kind: 'connected since' };
  const consumed = now.consumed - was.consumed;
  const written = now.written - was.written;
  const isWritten = written !== 0 && !point.isStream;
  if (consumed === 0 && !isWritten) return IN_STEP;
  const used: Verdict = { kind: 'used', text: `${consumed} bytes read, ${written} written` };
  if (point.isExact) return used;
  // Looked at before the point, and then quiet. What came since then, and was not told of at the
  // point, had been read by then, unless it came later.
  const hasCome = point.isPartial || now.lastReceivedMs > point.momentMs - TICKS_MS;
  if (consumed !== 0 && hasCome) return used;
  return isWritten ? judgeWritten(now, point, used) : IN_STEP;
}

/** Nothing but the times at which something went. */
function judgeByTimes(now: TcpLook, point: PointFacts): Verdict {
  const hasCome = now.lastReceivedMs > point.momentMs + TICKS_MS;
  if (hasCome && now.unread === 0) return { kind: 'used', text: 'something was read' };
  if (now.lastReceivedMs > point.momentMs - TICKS_MS) return { kind: 'not known' };
  if (point.isStream) return IN_STEP;
  return judgeWritten(now, point, { kind: 'used', text: 'something was written' });
}

function judgeWritten(now: TcpLook, point: PointFacts, used: Verdict): Verdict {
  if (now.bytesNotSent > 0 || now.lastSentMs > point.momentMs + TICKS_MS) return used;
  return now.lastSentMs < point.momentMs - TICKS_MS ? IN_STEP : { kind: 'not known' };
}
