/**
 * epoll(7), used to know what can be read of many open files by one call: a set does not hold what
 * it watches open, and what is closed leaves it by itself.
 *
 * @see https://man7.org/linux/man-pages/man2/epoll_wait.2.html
 */
import { at } from '../at.ts';
import { SyscallError } from '../errors.ts';
import { EPOLL_EVENT_SIZE, EPOLLIN, EPOLLPRI, EPOLLRDHUP } from './descriptor-flags.ts';
import { epollAdd, epollCreate, epollWait } from './epoll.ts';
import { close } from './file.ts';
import { NativeBuffer } from './libc.ts';

/** What a set of ours says of something that it watches. */
export interface Ready {
  readonly key: number;
  /** Something can be read, an end perhaps. */
  readonly isReadable: boolean;
  /** MSG_OOB(2). */
  readonly isUrgent: boolean;
  /** Nothing more can be received: that way is shut down. */
  readonly isShut: boolean;
}

/** A set that says what can be read of many open files, and holds none of them open. */
export class ReadySet {
  private readonly fd = epollCreate();
  private events = new NativeBuffer(EPOLL_EVENT_SIZE);
  private count = 0;

  /**
   * `epoll_ctl(EPOLL_CTL_ADD)`: 0, or minus errno.
   *
   * @param key below 2^53; told with what is ready
   */
  add(fd: number, key: number): number {
    const result = epollAdd(this.fd, fd, EPOLLIN | EPOLLPRI | EPOLLRDHUP, key);
    if (result === 0) this.count += 1;
    return result;
  }

  /** `epoll_wait(0)`: all that is ready now. Throws SyscallError. */
  list(): Ready[] {
    if (this.count === 0) return [];
    const size = this.count * EPOLL_EVENT_SIZE;
    if (this.events.bytes.length < size) this.events = new NativeBuffer(2 * size);
    const found = epollWait(this.fd, this.events.address, this.count);
    if (found < 0)
      throw new SyscallError('cannot epoll_wait', { syscall: 'epoll_wait', errno: -found });
    return Array.from({ length: found }, (_, index) => {
      const from = index * EPOLL_EVENT_SIZE;
      const events = at(this.events.words, from >> 2);
      return {
        key: this.events.getUint64(from + 4),
        isReadable: (events & EPOLLIN) !== 0,
        isUrgent: (events & EPOLLPRI) !== 0,
        isShut: (events & EPOLLRDHUP) !== 0,
      };
    });
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
  }
}
