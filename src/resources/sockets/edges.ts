/**
 * When something last came to sockets of which the kernel counts nothing, and when something that
 * they have sent was last taken: read by the other end, or sent on its way.
 *
 * Sets of ours watch them for edges (epoll(7)), and hold none of them open. A set leaves out what
 * is not ready any more when it is asked, as what came and was read at once. So each socket is in
 * a set of its own, together with something that is always ready, and that set is what is watched:
 * only what comes makes an edge of it, and it is always ready. Room to write is nearly always
 * there, and what is taken makes an edge of it.
 *
 * A set of its own takes a number. Where there is none left, one edge stands for both.
 */
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../sys/descriptor-flags.ts';
import { epollAdd, epollCreate, EpollEvents } from '../../sys/epoll.ts';
import { close } from '../../sys/file.ts';
import { readOwnLimit, RLIMIT_NOFILE } from '../../sys/prlimit.ts';
import { AlwaysReady } from './always-ready.ts';

/** Chosen. */
const TAKEN_MAX = 256;
const KINDS = 4;
const ARRIVED = 0;
const TAKEN = 1;
const EITHER = 2;

/** What has happened to a socket since some moment. */
export interface Since {
  /** It was watched all the time. */
  readonly isWatched: boolean;
  /** Something has come: also a change of its state, such as an end. */
  readonly hasArrived: boolean;
  /** Something was taken of what it has sent: also a change of its state, or of its buffer. */
  readonly isTaken: boolean;
  /** One of the two. */
  readonly isEither: boolean;
}

interface OwnSet {
  readonly fd: number;
  /** What is always ready in it. */
  readonly ready: number;
}

interface Watched {
  readonly fromMs: number;
  /** Undefined: it has none of its own. */
  readonly set: OwnSet | undefined;
  /** When it last happened, or rather when that was seen: by kind. */
  readonly lastMs: number[];
}

export class Edges {
  private outer = -1;
  private events: EpollEvents | undefined = undefined;
  private readonly watched = new Map<number, Watched>();
  private readonly ready = new AlwaysReady();
  private isPassing = false;
  /** Inodes of those to which something has happened, and that were not handed out. */
  private readonly fresh = new Set<number>();

  isWatched(inode: number): boolean {
    return this.watched.has(inode);
  }

  /** @param own a copy of ours */
  watch(own: number, inode: number, nowMs: number): void {
    if (this.outer < 0) this.outer = epollCreate();
    if (this.outer < 0) return;
    const set = this.nest(own);
    if (!this.add(own, set, inode)) {
      this.closeSet(set);
      return;
    }
    this.watched.set(inode, { fromMs: nowMs, set, lastMs: [-1, -1, -1] });
    // It is ready for the first time: nothing has happened.
    this.collect(nowMs);
    this.watched.get(inode)?.lastMs.fill(-1);
    this.fresh.delete(inode);
  }

  /** The inodes of those to which something has happened since they were taken last. */
  take(nowMs: number): number[] {
    this.collect(nowMs);
    const inodes = [...this.fresh];
    this.fresh.clear();
    return inodes;
  }

  /** But for arrivals, what has happened until now was done by ourselves. */
  passOver(nowMs: number): void {
    this.isPassing = true;
    this.collect(nowMs);
    this.isPassing = false;
  }

  since(inode: number, momentMs: number): Since {
    const watched = this.watched.get(inode);
    const isSince = (kind: number): boolean => (watched?.lastMs[kind] ?? -1) > momentMs;
    return {
      isWatched: watched !== undefined && watched.fromMs <= momentMs,
      hasArrived: isSince(ARRIVED),
      isTaken: isSince(TAKEN),
      isEither: isSince(EITHER),
    };
  }

  forget(inode: number): void {
    const watched = this.watched.get(inode);
    if (watched === undefined) return;
    this.closeSet(watched.set);
    this.watched.delete(inode);
    this.fresh.delete(inode);
  }

  close(): void {
    for (const inode of [...this.watched.keys()]) this.forget(inode);
    this.ready.close();
    if (this.outer >= 0) close(this.outer);
    this.outer = -1;
  }

  private add(own: number, set: OwnSet | undefined, inode: number): boolean {
    const { outer } = this;
    const key = inode * KINDS;
    if (set === undefined) {
      return epollAdd(outer, own, EPOLLIN + EPOLLOUT + EPOLLET, key + EITHER) === 0;
    }
    return (
      epollAdd(outer, set.fd, EPOLLIN + EPOLLET, key + ARRIVED) === 0 &&
      epollAdd(outer, own, EPOLLOUT + EPOLLET, key + TAKEN) === 0
    );
  }

  /** A set with this one in it, and something that is always ready. */
  private nest(own: number): OwnSet | undefined {
    const ready = this.ready.lend();
    if (ready < 0) return undefined;
    const set = { fd: epollCreate(), ready };
    const isMade =
      set.fd >= 0 &&
      set.fd < readOwnLimit(RLIMIT_NOFILE).soft / 2 &&
      epollAdd(set.fd, own, EPOLLIN + EPOLLET, 0) === 0 &&
      epollAdd(set.fd, ready, EPOLLIN, 0) === 0;
    if (isMade) return set;
    this.closeSet(set);
    return undefined;
  }

  private closeSet(set: OwnSet | undefined): void {
    if (set === undefined) return;
    if (set.fd >= 0) close(set.fd);
    this.ready.takeBack(set.ready);
  }

  private collect(nowMs: number): void {
    if (this.outer < 0) return;
    const events = (this.events ??= new EpollEvents(TAKEN_MAX));
    for (let count = TAKEN_MAX; count === TAKEN_MAX;) {
      const keys = events.take(this.outer);
      count = keys.length;
      for (const key of keys) this.note(Math.floor(key / KINDS), key % KINDS, nowMs);
    }
  }

  private note(inode: number, kind: number, nowMs: number): void {
    const watched = this.watched.get(inode);
    if (watched === undefined || (this.isPassing && kind !== ARRIVED)) return;
    watched.lastMs[kind] = nowMs;
    this.fresh.add(inode);
  }
}
