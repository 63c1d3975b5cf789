/**
 * Ends the connections that are out of step with a program that goes back, each so that both ends
 * see an end: the other one gets all that was written, the program reads end of file.
 *
 * What waits to be read is read before: the program would take the rest of a request for the
 * beginning of one; and where something is unread when it is closed, the kernel sends a reset, upon
 * which the other end may throw away what it has not read.
 */
import { SOCK_SEQPACKET, SOCK_STREAM } from '../../sys/descriptor-flags.ts';
import {
  getPeerAddress,
  getPeerCredentials,
  getSocketType,
  isUnixSocket,
} from '../../sys/getsockopt.ts';
import { setNoLinger } from '../../sys/setsockopt.ts';
import { disconnect, discardUnread, shutdownBoth } from '../../sys/shutdown.ts';
import { formatAddress } from '../../sys/sockaddr.ts';
import type { Copies } from '../copies.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { SharedSockets } from './shared-sockets.ts';
import type { SocketImage, SocketKind, SocketsImage } from './socket-image.ts';
import type { SocketTable } from './socket-table.ts';
import type { Streams } from './streams.ts';
import {
  isAsFound,
  isConnection,
  judgeTcp,
  lookAtTcp,
  type PointFacts,
  type Verdict,
} from './tcp-look.ts';

/** Chosen: so many are looked at, and more while there is time; what is left is counted. */
const LOOKS_MIN = 256;
const LOOKS_MAX_MS = 20;
/** Chosen: so many are named in the log, one by one. */
const NAMED_MAX = 8;
/** Standard input, output and error. */
const STREAM_MAX = 2;
const NOWHERE = Buffer.alloc(0);
const IN_STEP: Verdict = { kind: 'in step' };

export class EndConnections {
  private readonly stopped: Stopped;
  private readonly copies: Copies;
  private readonly streams: Streams;
  private readonly nowMs: number;
  private readonly shared: SharedSockets;
  private readonly closed: string[] = [];
  private readonly left: string[] = [];
  private readonly undone: string[] = [];
  private unknown = 0;
  private isOfPoint: (inode: number) => boolean = () => false;

  constructor(stopped: Stopped, copies: Copies, streams: Streams, nowMs: number) {
    this.stopped = stopped;
    this.copies = copies;
    this.streams = streams;
    this.nowMs = nowMs;
    this.shared = new SharedSockets(stopped);
  }

  /** @param first inodes of those that are looked at in any case */
  run(wanted: SocketsImage, now: SocketTable, first: readonly number[]): Named[] {
    const ofPoint = new Map(wanted.sockets.map((image) => [image.inode, image]));
    this.isOfPoint = (inode) => ofPoint.has(inode);
    for (const { inode, fd } of now.all) if (!ofPoint.has(inode)) this.endAccepted(fd, inode);
    const exact = new Set(wanted.exact);
    const order = new Set([...first, ...wanted.exact, ...ofPoint.keys()]);
    const startMs = performance.now();
    let index = 0;
    for (const inode of order) {
      const was = ofPoint.get(inode);
      const fd = now.get(inode)?.fd;
      index += 1;
      if (was === undefined || fd === undefined || isNone(was.kind)) continue;
      const isNeeded = index <= Math.max(first.length, LOOKS_MIN);
      if (!isNeeded && performance.now() - startMs > LOOKS_MAX_MS) this.unknown += 1;
      else this.settle(was, fd, wanted, exact.has(inode), index > first.length);
    }
    return this.report();
  }

  /** @param isIdle nothing has come for it */
  private settle(
    was: SocketImage,
    fd: number,
    wanted: SocketsImage,
    isExact: boolean,
    isIdle: boolean,
  ): void {
    const { momentMs, isPartial } = wanted;
    const point = { momentMs, isPartial, isExact, isStream: was.fd <= STREAM_MAX };
    const isReached = this.copies.use(fd, (own) => {
      this.act(own, fd, was, this.judge(own, was, point, isIdle));
      return true;
    });
    if (isReached !== true) this.unknown += 1;
  }

  private judge(own: number, was: SocketImage, point: PointFacts, isIdle: boolean): Verdict {
    if (was.kind === 'stream') return this.streams.judge(was, own, point, this.isOfPoint);
    if (isIdle && was.counts !== undefined && isAsFound(own, was.counts)) return IN_STEP;
    const look = lookAtTcp(own, this.nowMs);
    return look === undefined ? IN_STEP : judgeTcp(was.counts, look, point);
  }

  private act(own: number, fd: number, { inode, kind }: SocketImage, verdict: Verdict): void {
    if (verdict.kind === 'in step') return;
    if (verdict.kind === 'not known') {
      this.unknown += 1;
      return;
    }
    const who = nameConnection(own, fd);
    const what = verdict.kind === 'used' ? `${who}: ${verdict.text}` : who;
    const owner = this.shared.ownerOf(inode);
    if (this.stopped.keepsPeers) this.left.push(what);
    else if (owner !== undefined) this.left.push(`${what}; process ${owner} has it, too`);
    else if (verdict.kind === 'connected since' && disconnect(own)) this.undone.push(who);
    else (end(own, kind) ? this.closed : this.left).push(what);
  }

  /** It is about to be closed, by the last who has it: what was written goes out all the same. */
  private endAccepted(fd: number, inode: number): void {
    this.copies.use(fd, (own) => {
      const look = lookAtTcp(own, this.nowMs);
      const isOne = look === undefined ? isOfStreamType(own) : isConnection(look);
      if (!isOne || getPeerAddress(own) === undefined) return;
      if (this.shared.ownerOf(inode) !== undefined) return;
      discardUnread(own);
      setNoLinger(own);
    });
  }

  private report(): Named[] {
    const bit = LOST.peers;
    const named: Named[] = [];
    const add = (list: readonly string[], text: string): void => {
      if (list.length > 0) named.push({ bit, text: `${text}: ${enumerate(list)}` });
    };
    add(this.closed, 'connections over which something went since the point are closed');
    add(this.undone, 'connections made since the point are taken down');
    add(this.left, 'connections over which something went since the point are left');
    if (this.unknown > 0) {
      const text = 'connections of which it is not known whether something went over them since';
      named.push({ bit, text: `${text}: ${this.unknown}`, isGuess: true });
    }
    return named;
  }
}

function isNone(kind: SocketKind): boolean {
  return kind === 'other' || kind === 'within';
}

/** So that both ends see an end; false where that is refused. */
function end(own: number, kind: SocketKind): boolean {
  // Behind its end nothing more comes over a Unix socket, and is left unread.
  if (kind === 'stream') {
    const isEnded = shutdownBoth(own);
    discardUnread(own);
    return isEnded;
  }
  discardUnread(own);
  return shutdownBoth(own);
}

function isOfStreamType(own: number): boolean {
  const type = getSocketType(own)?.type;
  return type === SOCK_STREAM || type === SOCK_SEQPACKET;
}

function nameConnection(own: number, fd: number): string {
  const peer = formatAddress(getPeerAddress(own) ?? NOWHERE) ?? nameProcess(own);
  return `descriptor ${fd}${peer === undefined ? '' : ` (to ${peer})`}`;
}

/** Who has made a Unix connection, mostly without a name of its own. */
function nameProcess(own: number): string | undefined {
  const pid = isUnixSocket(own) ? getPeerCredentials(own)?.pid : undefined;
  return pid === undefined || pid === 0 ? undefined : `process ${pid}`;
}

function enumerate(list: readonly string[]): string {
  const more = list.length > NAMED_MAX ? `, and ${list.length - NAMED_MAX} more` : '';
  return `${list.slice(0, NAMED_MAX).join(', ')}${more}`;
}
