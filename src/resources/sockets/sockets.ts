/**
 * The sockets resource: connections to the outside.
 *
 * What has gone over a connection cannot be called back: its other end has it, or waits for an
 * answer to what the program, gone back, knows nothing of. So a connection over which anything went
 * since the point, in or out, is ended in a clean way; others, and sockets that listen, go on.
 *
 * The kernel counts what goes over TCP. A point has these counts as they were when each connection
 * was looked at last: those for which something has come since are looked at again (arrivals.ts),
 * and so are those that are not quiet, and a few others in turn, as the time allows. Of what a
 * point has not looked at, times tell whether a difference came before it (tcp-look.ts).
 *
 * Of Unix connections it counts nothing: what waits in them, and what has happened since, tells
 * (queue-look.ts, edges.ts).
 *
 * What is no connection has a name, and perhaps a peer, which are put back (put-names-back.ts).
 *
 * What was accepted since is closed with the descriptors: here it is only seen to that its other
 * end gets what was written, and an end.
 */
import { getSocketType } from '../../sys/getsockopt.ts';
import { AskBudget } from '../ask-budget.ts';
import { Copies } from '../copies.ts';
import { decodeImage, encodeImage } from '../image-codec.ts';
import type { Applied, Named, Resource } from '../resource.ts';
import type { SocketPairs } from '../socket-pairs.ts';
import type { Stopped } from '../stopped.ts';
import { Arrivals } from './arrivals.ts';
import { EndConnections, foretellGone } from './end-connections.ts';
import { NamesInTurn } from './names-in-turn.ts';
import { nameUnasked, OptionsInTurn, putOptionsBack, setOptionsOf } from './options-in-turn.ts';
import {
  isLookedAt,
  isQuiet,
  isSameCounts,
  type SocketImage,
  type SocketsImage,
} from './socket-image.ts';
import { NamesPutBack } from './put-names-back.ts';
import { SharedSockets } from './shared-sockets.ts';
import { kindOf } from './socket-kind.ts';
import { SocketTable, type Leading } from './socket-table.ts';
import { Uncounted } from './uncounted.ts';
import { isEmpty } from './queue-look.ts';
import { isAsFound, isConnection, lookAtTcp } from './tcp-look.ts';

const VERSION = 6;
const NONE: SocketsImage = {
  momentMs: 0,
  sockets: [],
  exact: [],
  isPartial: false,
  options: [],
  unnamed: [],
};
/** Chosen: so many are looked at for the first time, and more while there is time. */
const FRESH_MIN = 64;
const FRESH_MAX_MS = 20;
/** Chosen: so many that are not quiet are looked at again. */
const PENDING_MAX = 1024;
/** Chosen: so many at a time, before the budget is asked again. */
const TURN = 16;
/** Chosen: so often it is looked whether more has happened during the last look. */
const ROUNDS_MAX = 4;

/** Where the descriptors of the process lead. */
export interface DescriptorSource {
  /** As it was read last. */
  readonly table: readonly Leading[];
}

export class Sockets implements Resource<SocketsImage, SocketsImage> {
  readonly name = 'sockets';
  private readonly descriptors: DescriptorSource;
  private readonly pairs: SocketPairs;
  private readonly sockets = new SocketTable();
  private readonly arrivals = new Arrivals();
  private readonly uncounted = new Uncounted(this.sockets);
  private readonly budget = new AskBudget();
  private readonly options = new OptionsInTurn();
  private readonly names = new NamesInTurn();
  /** Inodes of those that were not quiet when they were looked at, or are not watched. */
  private readonly pending = new Set<number>();
  private turn = 0;

  constructor(descriptors: DescriptorSource, pairs: SocketPairs) {
    this.pairs = pairs;
    this.descriptors = descriptors;
  }

  /** Captured after the descriptors. */
  capture(stopped: Stopped): SocketsImage {
    this.update();
    if (this.sockets.size === 0) return NONE;
    using copies = new Copies(stopped.living);
    const momentMs = readMoment();
    const looked = new Set<number>();
    let isInTurn = false;
    const look = (inode: number): void => {
      if (!looked.has(inode) && this.look(copies, inode, momentMs, isInTurn)) looked.add(inode);
    };
    this.lookAtFresh(momentMs, look);
    const pending = [...this.pending];
    for (const inode of pending.slice(0, PENDING_MAX)) look(inode);
    for (const inode of this.arrivals.take()) look(inode);
    const isPartial = this.arrivals.isPartial || pending.length > PENDING_MAX;
    isInTurn = true;
    this.lookInTurn(stopped.isMeant, looked, look);
    this.settle(copies, looked, momentMs);
    const exact = [...looked].sort((one, other) => one - other);
    const options = this.options.read(stopped.isMeant, this.sockets, copies, looked);
    const unnamed = this.names.read(stopped.isMeant, this.sockets, copies);
    return { momentMs, sockets: this.sockets.all, exact, isPartial, options, unnamed };
  }

  /** Nothing has to be acquired: what cannot be reached is named. */
  prepare(_stopped: Stopped, image: SocketsImage): SocketsImage {
    this.pairs.setOptions = (inode, own) => setOptionsOf(image, inode, own);
    return image;
  }

  apply(stopped: Stopped, wanted: SocketsImage): Applied {
    this.update();
    if (this.sockets.size === 0) return {};
    // What is taken here is to be looked at when the next point is made.
    const hadArrivals = this.arrivals.take();
    const nowMs = readMoment();
    for (const inode of [...hadArrivals, ...this.uncounted.take(nowMs)]) this.pending.add(inode);
    using copies = new Copies(stopped.living);
    const shared = new SharedSockets(stopped);
    const ending = new EndConnections(stopped, copies, this.uncounted, shared, nowMs);
    const lost = ending.run(wanted, this.sockets, [...this.pending]);
    const names = new NamesPutBack(copies, shared, stopped.keepsPeers);
    const renamed = names.run(wanted, this.sockets);
    const left = putOptionsBack(wanted, this.sockets, copies);
    this.uncounted.passOver(readMoment());
    return { lost: [...lost, ...renamed, ...left] };
  }

  losses({ sockets, options }: SocketsImage): readonly Named[] {
    const unasked = sockets.length - options.length;
    return [...foretellGone(sockets), ...(unasked > 0 ? [nameUnasked(unasked)] : [])];
  }

  release(): void {
    // Plain data, collected like any other.
  }

  encode(image: SocketsImage): Uint8Array {
    return encodeImage(VERSION, image);
  }

  decode(bytes: Uint8Array): SocketsImage {
    return decodeImage(VERSION, bytes) as SocketsImage;
  }

  close(): void {
    this.arrivals.close();
    this.uncounted.close();
  }

  private update(): void {
    const gone = this.sockets.update(this.descriptors.table);
    if (gone.length > 0) this.uncounted.part(gone);
    for (const inode of gone) {
      this.arrivals.forget(inode);
      this.pending.delete(inode);
      this.options.forget(inode);
      this.names.forget(inode);
    }
  }

  private lookAtFresh(momentMs: number, look: (inode: number) => void): void {
    let count = 0;
    for (const inode of this.sockets.fresh) {
      if (count >= FRESH_MIN && readMoment() - momentMs > FRESH_MAX_MS) return;
      this.sockets.fresh.delete(inode);
      look(inode);
      count += 1;
    }
  }

  /** Others go on while they are looked at: once more, until nothing has happened meanwhile. */
  private settle(copies: Copies, looked: Set<number>, momentMs: number): void {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const inodes = this.uncounted.take(momentMs);
      if (inodes.length === 0) return;
      for (const inode of inodes) if (this.look(copies, inode, momentMs, false)) looked.add(inode);
    }
    for (const inode of this.uncounted.take(momentMs)) {
      looked.delete(inode);
      this.uncounted.giveUp(inode);
      this.pending.add(inode);
    }
  }

  /** Those that nothing has come for: something may have been written to them. */
  private lookInTurn(
    isMeant: boolean,
    looked: ReadonlySet<number>,
    look: (inode: number) => void,
  ): void {
    const { all } = this.sockets;
    for (let done = 0; done < all.length && this.budget.isLeft(isMeant); done += TURN) {
      const count = Math.min(TURN, all.length - done);
      const inodes = this.takeTurn(all, count).filter((inode) => !looked.has(inode));
      if (inodes.length === 0) continue;
      const before = this.sockets.all;
      this.budget.spend(() => inodes.forEach(look));
      this.budget.noteResult(this.sockets.all !== before);
    }
  }

  private takeTurn(all: readonly SocketImage[], count: number): number[] {
    const inodes: number[] = [];
    for (let index = 0; index < count; index += 1) {
      this.turn = (this.turn + 1) % all.length;
      const image = all[this.turn];
      if (image !== undefined && isLookedAt(image)) inodes.push(image.inode);
    }
    return inodes;
  }

  /** False: there is nothing to be known of it. */
  private look(copies: Copies, inode: number, momentMs: number, isInTurn: boolean): boolean {
    const known = this.sockets.get(inode);
    if (known === undefined || !(isLookedAt(known) || known.kind === 'unseen')) return false;
    const isKnown = copies.use(known.fd, (own) => this.lookAt(own, known, momentMs, isInTurn));
    this.names.consider(this.sockets, inode);
    return isKnown === true;
  }

  private lookAt(own: number, known: SocketImage, momentMs: number, isInTurn: boolean): boolean {
    const type = known.type ?? getSocketType(own);
    const kind = known.kind === 'unseen' ? kindOf(type) : known.kind;
    const image = { ...known, type, kind };
    if (kind === 'tcp') return this.lookAtTcp(own, image, momentMs, isInTurn);
    if (isLookedAt(image)) return this.lookAtUncounted(own, image, momentMs);
    this.sockets.set(image);
    return false;
  }

  private lookAtUncounted(own: number, known: SocketImage, momentMs: number): boolean {
    const { inode, kind, queues } = this.uncounted.look(own, known, momentMs);
    if (kind !== known.kind || queues === undefined) return false;
    // Nothing tells that an error was asked for: it is looked at until then.
    const isDone = isEmpty(queues) && !queues.hasError;
    if (isDone && this.uncounted.isWatched(inode)) this.pending.delete(inode);
    else this.pending.add(inode);
    return true;
  }

  private lookAtTcp(own: number, known: SocketImage, momentMs: number, isInTurn: boolean): boolean {
    const { inode } = known;
    // Watched first: what comes from now on is told of.
    const { counts: before } = known;
    const isIdle = this.arrivals.isWatched(inode) && !this.pending.has(inode);
    if (!this.arrivals.isWatched(inode)) this.arrivals.watch(own, inode);
    if (isInTurn && isIdle && before !== undefined && isAsFound(own, before)) return true;
    const found = lookAtTcp(own, momentMs);
    if (found === undefined) return false;
    const { state, consumed, written, unread, queued, hasError } = found;
    const counts = { state, consumed, written, unread, queued, hasError };
    if (!isSameCounts(known.counts, counts)) this.sockets.set({ ...known, counts });
    if (this.arrivals.isWatched(inode) && isQuiet(counts) && !hasError) this.pending.delete(inode);
    else if (isConnection(counts) || hasError) this.pending.add(inode);
    return true;
  }
}

function readMoment(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
