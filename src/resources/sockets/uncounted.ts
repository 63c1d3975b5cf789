/**
 * Sockets of which the kernel counts nothing: connections over Unix sockets, and those that are no
 * connections. What waits in them is looked at, as for TCP, and what has happened to them since is
 * told by edges (edges.ts).
 *
 * Those whose other end the program has, too, are left to the channels.
 */
import { AF_UNIX } from '../../sys/descriptor-flags.ts';
import { isListening } from '../../sys/getsockopt.ts';
import { UnixSocketDiag } from '../../sys/sock-diag.ts';
import { readQueued } from '../../sys/socket-queues.ts';
import { Edges } from './edges.ts';
import { isIdle, isSameQueues, judgeNoted, judgeStream, lookAtQueues } from './queue-look.ts';
import type { SocketImage, SocketKind } from './socket-image.ts';
import type { SocketTable } from './socket-table.ts';
import type { PointFacts, Verdict } from './tcp-look.ts';

const IN_STEP: Verdict = { kind: 'in step' };
const NOT_KNOWN: Verdict = { kind: 'not known' };
const SHUT_DOWN: Verdict = { kind: 'used', text: 'it was shut down' };

export class Uncounted {
  private readonly sockets: SocketTable;
  private readonly edges = new Edges();
  private diag: UnixSocketDiag | undefined = undefined;
  /** The other ends of those whose other end is in the table, too. */
  private readonly within = new Map<number, number>();

  constructor(sockets: SocketTable) {
    this.sockets = sockets;
  }

  isWatched(inode: number): boolean {
    return this.edges.isWatched(inode);
  }

  /** What is known of it now. @param own a copy of ours */
  look(own: number, known: SocketImage, nowMs: number): SocketImage {
    const { inode, kind } = known;
    const isNew = !this.edges.isWatched(inode);
    if (isNew && this.isWithin(known)) return this.set(known, 'within');
    if (isNew && isListening(own)) return this.set(known, 'other');
    const first = isNew ? lookAtQueues(own, known.queues) : known.queues;
    // Watched first: what happens from now on is told of.
    const isToBe = kind === 'noted' || first?.isConnected === true;
    if (isNew && isToBe) this.edges.watch(own, inode, nowMs);
    const queues = lookAtQueues(own, first);
    const image = { ...known, queues };
    if (known.kind !== this.sockets.get(inode)?.kind || !isSameQueues(known.queues, queues)) {
      this.sockets.set(image);
    }
    return image;
  }

  /** @param isOfPoint whether the program had a socket at the point */
  judge(
    was: SocketImage,
    own: number,
    point: PointFacts,
    isOfPoint: (inode: number) => boolean,
  ): Verdict {
    const { inode, kind, type, queues } = was;
    const isUnix = type?.domain === AF_UNIX;
    // Many who begin programs give them pairs of sockets for pipes: these are the caller's.
    if (isUnix && point.isStream && !this.sockets.isDialogue(inode)) return IN_STEP;
    const since = this.edges.since(inode, point.momentMs);
    const isConnected = kind === 'noted' || queues?.isConnected === true;
    if (isConnected && isIdle(queues, since) && readQueued(own) === 0) return IN_STEP;
    const judgeIt = kind === 'noted' ? judgeNoted : judgeStream;
    const verdict = judgeIt(queues, lookAtQueues(own, queues), since, point);
    if (verdict.kind === 'in step' || !isUnix) return verdict;
    const peer = this.peerOf(inode);
    const isOurs = peer !== undefined && (this.sockets.get(peer) !== undefined || isOfPoint(peer));
    if (isOurs && (kind === 'stream' || this.peerOf(peer) === inode)) return IN_STEP;
    if (kind === 'noted') return verdict;
    // Nobody waits any more, or the program itself has ended it.
    if (verdict.kind === 'hung up since') return peer === 0 ? IN_STEP : SHUT_DOWN;
    return peer === undefined ? NOT_KNOWN : verdict;
  }

  /** Inodes of those to which something has happened since the last time. */
  take(nowMs: number): number[] {
    return this.edges.take(nowMs);
  }

  passOver(nowMs: number): void {
    this.edges.passOver(nowMs);
  }

  /** What waits in it changes faster than it can be looked at. */
  giveUp(inode: number): void {
    const known = this.sockets.get(inode);
    if (known !== undefined) this.sockets.set({ ...known, queues: undefined });
  }

  /** These are gone: the other ends of some are with others now, or gone with them. */
  part(gone: readonly number[]): void {
    for (const inode of gone) {
      this.edges.forget(inode);
      const peer = this.within.get(inode);
      this.within.delete(inode);
      const other = peer === undefined ? undefined : this.sockets.get(peer);
      if (other?.kind !== 'within') continue;
      this.within.delete(other.inode);
      this.sockets.set({ ...other, kind: 'unseen' });
      this.sockets.fresh.add(other.inode);
    }
  }

  close(): void {
    this.edges.close();
    this.diag?.close();
    this.diag = undefined;
  }

  private set(known: SocketImage, kind: SocketKind): SocketImage {
    const image = { ...known, kind };
    this.sockets.set(image);
    return image;
  }

  private isWithin({ inode, type }: SocketImage): boolean {
    if (type?.domain !== AF_UNIX) return false;
    const peer = this.peerOf(inode) ?? 0;
    // Others may send to one that is not connected to its sender.
    if (this.sockets.get(peer) === undefined || this.peerOf(peer) !== inode) return false;
    this.within.set(inode, peer);
    return true;
  }

  /** Its inode; 0: it has none, or none any more; undefined: nothing is told of it. */
  peerOf(inode: number): number | undefined {
    return (this.diag ??= new UnixSocketDiag()).find(inode)?.peer;
  }
}
