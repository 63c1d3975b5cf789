/**
 * Descriptors of ours that are always ready, to be in sets of epoll(7): each in a few. The kernel
 * looks through all sets that a file is in when one more is made, and allows for 500 within others.
 */
import { addToEventfd, eventfd } from '../../sys/eventfd.ts';
import { close } from '../../sys/file.ts';

/** Chosen. */
const EACH_MAX = 64;
const ALL_MAX = 1024;

export class AlwaysReady {
  /** In how many sets each is. */
  private readonly uses = new Map<number, number>();
  private total = 0;

  /** One for one more set; -1: there are enough sets, or no numbers left. */
  lend(): number {
    if (this.total >= ALL_MAX) return -1;
    const fd = this.find();
    if (fd < 0) return -1;
    this.uses.set(fd, (this.uses.get(fd) ?? 0) + 1);
    this.total += 1;
    return fd;
  }

  takeBack(fd: number): void {
    this.uses.set(fd, (this.uses.get(fd) ?? 1) - 1);
    this.total -= 1;
  }

  close(): void {
    for (const fd of this.uses.keys()) close(fd);
    this.uses.clear();
    this.total = 0;
  }

  private find(): number {
    for (const [fd, count] of this.uses) if (count < EACH_MAX) return fd;
    const fd = eventfd(0);
    if (fd >= 0) addToEventfd(fd, 1n);
    return fd;
  }
}
