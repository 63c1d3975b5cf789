/**
 * Ends the connections that are out of step with a program that goes back, each so that both ends
 * see an end: the other one gets all that was written, the program reads end of file.
 *
 * What waits to be read is read before: the program would take the rest of a request for the
 * beginning of one; and where something is unread when it is closed, the kernel sends a reset, upon
 * which the other end may throw away what it has not read.
 */
import {
  getPeerAddress,
  getPeerCredentials,
  getSocketType,
  isUnixSocket,
} from '../../sys/getsockopt.ts';
import { pollNow } from '../../sys/poll.ts';
import { setNoLinger } from '../../sys/setsockopt.ts';
import { disconnect, discardUnread, shutdownBoth } from '../../sys/shutdown.ts';
import { formatAddress } from '../../sys/sockaddr.ts';
import type { Copies } from '../copies.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { enumerate } from './enumerate.ts';
import type { SharedSockets } from './shared-sockets.ts';
import {
  isLookedAt,
  type SocketImage,
  type SocketKind,
  type SocketsImage,
} from './socket-image.ts';
import { isOfStreamType, kindOf, nameProtocol } from './socket-kind.ts';
import type { SocketTable } from './socket-table.ts';
import type { Uncounted } from './uncounted.ts';
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
/** Standard input, output and error. */
const STREAM_MAX = 2;
const NOWHERE = Buffer.alloc(0);
const IN_STEP: Verdict = { kind: 'in step' };
const NOT_KNOWN: Verdict = { kind: 'not known' };

export class EndConnections {
  private readonly stopped: Stopped;
  private readonly copies: Copies;
  private readonly uncounted: Uncounted;
  private readonly nowMs: number;
  private readonly shared: SharedSockets;
  private readonly closed: string[] = [];
  private readonly left: string[] = [];
  private readonly undone: string[] = [];
  private readonly accepted: string[] = [];
  /** Of these an error was told that waited. */
  private readonly told: string[] = [];
  /** Of these nothing can be ended. */
  private readonly gone: string[] = [];
  private unknown = 0;
  private unknownOthers = 0;
  private isOfPoint: (inode: number) => boolean = () => false;

  constructor(
    stopped: Stopped,
    copies: Copies,
    uncounted: Uncounted,
    shared: SharedSockets,
    nowMs: number,
  ) {
    this.stopped = stopped;
    this.copies = copies;
    this.uncounted = uncounted;
    this.shared = shared;
    this.nowMs = nowMs;
  }

  /** @param first inodes of those that are looked at in any case */
  run(wanted: SocketsImage, now: SocketTable, first: readonly number[]): Named[] {
    const ofPoint = new Map(wanted.sockets.map((image) => [image.inode, image]));
    this.isOfPoint = (inode) => ofPoint.has(inode);
    for (const { inode, fd } of now.all) {
      if (!ofPoint.has(inode)) this.endAccepted(fd, inode, now);
    }
    const exact = new Set(wanted.exact);
    const order = new Set([...first, ...wanted.exact, ...ofPoint.keys()]);
    const startMs = performance.now();
    let index = 0;
    for (const inode of order) {
      const was = ofPoint.get(inode);
      const fd = now.get(inode)?.fd;
      index += 1;
      if (was === undefined || fd === undefined || !isAnswered(was)) continue;
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
      // Whatever has gone on behind that.
      if (hadError(was) && !pollNow(own).hasError) this.nameError(own, fd, was, isExact);
      this.act(own, fd, was, this.judge(own, was, point, isIdle));
      return true;
    });
    if (isReached !== true) this.unknown += 1;
  }

  /** @param isExact it was found at the point itself, and not asked for before */
  private nameError(own: number, fd: number, { kind }: SocketImage, isExact: boolean): void {
    if (isExact) this.told.push(nameConnection(own, fd));
    else if (kind === 'noted') this.unknownOthers += 1;
    else this.unknown += 1;
  }

  private judge(own: number, was: SocketImage, point: PointFacts, isIdle: boolean): Verdict {
    const { kind } = was;
    if (kind === 'stream' || kind === 'noted')
      return this.uncounted.judge(was, own, point, this.isOfPoint);
    if (isIdle && was.counts !== undefined && isAsFound(own, was.counts)) return IN_STEP;
    const look = lookAtTcp(own, this.nowMs);
    if (look !== undefined) return judgeTcp(was.counts, look, point);
    return kindOf(getSocketType(own)) === 'other' ? IN_STEP : NOT_KNOWN;
  }

  private act(own: number, fd: number, { inode, kind }: SocketImage, verdict: Verdict): void {
    if (verdict.kind === 'in step') return;
    if (verdict.kind === 'not known') {
      if (kind === 'noted') this.unknownOthers += 1;
      else this.unknown += 1;
      return;
    }
    const who = nameConnection(own, fd);
    if (kind === 'noted') {
      this.gone.push(who);
      return;
    }
    const what = verdict.kind === 'used' ? `${who}: ${verdict.text}` : who;
    const owner = this.shared.ownerOf(inode);
    if (this.stopped.keepsPeers) this.left.push(what);
    else if (owner !== undefined) this.left.push(`${what}; process ${owner} has it, too`);
    else if (verdict.kind === 'connected since' && disconnect(own)) this.undone.push(who);
    else (end(own, kind) ? this.closed : this.left).push(what);
  }

  /** It is about to be closed, by the last who has it: what was written goes out all the same. */
  private endAccepted(fd: number, inode: number, now: SocketTable): void {
    this.copies.use(fd, (own) => {
      const look = lookAtTcp(own, this.nowMs);
      const isOne = look === undefined ? isOfStreamType(getSocketType(own)) : isConnection(look);
      if (!isOne || getPeerAddress(own) === undefined) return;
      if (this.shared.ownerOf(inode) !== undefined) return;
      if (!this.isWithinSince(own, inode, now)) this.accepted.push(nameConnection(own, fd));
      discardUnread(own);
      setNoLinger(own);
    });
  }

  /** Its other end, too, was made since, and goes with it, or is gone already. */
  private isWithinSince(own: number, inode: number, now: SocketTable): boolean {
    const peer = isUnixSocket(own) ? this.uncounted.peerOf(inode) : undefined;
    return (
      peer === 0 || (peer !== undefined && now.get(peer) !== undefined && !this.isOfPoint(peer))
    );
  }

  private report(): Named[] {
    const bit = LOST.peers;
    const named: Named[] = [];
    const add = (list: readonly string[], text: string): void => {
      if (list.length > 0) named.push({ bit, text: `${text}: ${enumerate(list)}` });
    };
    add(this.closed, 'connections over which something went since the point are closed');
    add(this.undone, 'connections made since the point are taken down');
    add(this.accepted, 'connections accepted or made since the point are closed');
    add(this.left, 'connections over which something went since the point are left');
    add(this.told, 'errors of sockets that waited have been taken since, and are told no more');
    add(this.gone, 'what went since the point over sockets that are no connections is gone');
    const addUnknown = (what: string, count: number): void => {
      const text = `${what} of which it is not known whether something went over them since`;
      if (count > 0) named.push({ bit, text: `${text}: ${count}`, isGuess: true });
    };
    addUnknown('connections', this.unknown);
    addUnknown('other sockets', this.unknownOthers);
    return named;
  }
}

/** It is to be asked whether something went over it. */
function isAnswered(was: SocketImage): boolean {
  return isLookedAt(was) || was.kind === 'unseen';
}

/** An error waited to be asked for. */
function hadError({ counts, queues }: SocketImage): boolean {
  return counts?.hasError === true || queues?.hasError === true;
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

function nameConnection(own: number, fd: number): string {
  const peer = formatAddress(getPeerAddress(own) ?? NOWHERE) ?? nameProcess(own);
  if (peer !== undefined) return `descriptor ${fd} (to ${peer})`;
  const type = getSocketType(own);
  return type === undefined || kindOf(type) !== 'noted'
    ? `descriptor ${fd}`
    : `descriptor ${fd} (${nameProtocol(type)})`;
}

/** Who has made a Unix connection, mostly without a name of its own. */
function nameProcess(own: number): string | undefined {
  const pid = isUnixSocket(own) ? getPeerCredentials(own)?.pid : undefined;
  return pid === undefined || pid === 0 ? undefined : `process ${pid}`;
}

/** What cannot be ended is named beforehand. */
export function foretellGone(sockets: readonly SocketImage[]): Named[] {
  const noted = sockets.flatMap(({ kind, fd, type }) =>
    kind === 'noted' && type !== undefined ? [`descriptor ${fd} (${nameProtocol(type)})`] : [],
  );
  const text = 'what goes over sockets that are no connections is not undone';
  return noted.length > 0 ? [{ bit: 0, text: `${text}: ${enumerate(noted)}` }] : [];
}
