/**
 * Which sockets something may have come for since they were looked at.
 *
 * A set of ours watches them for edges (epoll(7)): asking it costs the same however many are idle,
 * and it does not hold open what it watches. The kernel leaves out what is not ready any more when
 * it is asked: what came and was read at once. So it is asked for room to write, too, which a
 * connection has that is not in the middle of sending.
 */
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../sys/descriptor-flags.ts';
import { epollAdd, epollCreate, EpollEvents } from '../../sys/epoll.ts';
import { close } from '../../sys/file.ts';

/** Chosen: so many are looked at when a point is made, and more when the next one is. */
const TAKEN_MAX = 2048;
const EDGES = EPOLLET + EPOLLIN + EPOLLOUT;

export class Arrivals {
  private epoll = -1;
  private readonly events = new EpollEvents(TAKEN_MAX);
  private readonly watched = new Set<number>();
  /** More may have come than was taken. */
  isPartial = false;

  isWatched(inode: number): boolean {
    return this.watched.has(inode);
  }

  /** @param own a copy of ours */
  watch(own: number, inode: number): void {
    if (this.epoll < 0) this.epoll = epollCreate();
    if (this.epoll < 0 || epollAdd(this.epoll, own, EDGES, inode) !== 0) return;
    this.watched.add(inode);
  }

  /** The inodes; those that the program has closed, and others not, are among them. */
  take(): number[] {
    if (this.epoll < 0) return [];
    const inodes = this.events.take(this.epoll);
    this.isPartial = inodes.length === TAKEN_MAX;
    return inodes;
  }

  forget(inode: number): void {
    this.watched.delete(inode);
  }

  close(): void {
    if (this.epoll >= 0) close(this.epoll);
    this.epoll = -1;
    this.watched.clear();
  }
}
