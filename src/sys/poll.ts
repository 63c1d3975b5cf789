/**
 * poll(2), of one descriptor and without waiting.
 *
 * @see https://man7.org/linux/man-pages/man2/poll.2.html
 */
import { POLLFD_SIZE } from './descriptor-flags.ts';
import { declare, NativeBuffer } from './libc.ts';

const POLLIN = 0x1;
const POLLOUT = 0x4;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;
const REVENTS_AT = 6;

const call = declare('int poll(uint64_t, ulong, int)');
const polled = new NativeBuffer(POLLFD_SIZE);

export interface Polled {
  /** Something can be read, an end perhaps. */
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  /** Of a stream: nothing more can be received. */
  readonly hasTheirEnd: boolean;
  /** Of a stream: nor sent. */
  readonly isHungUp: boolean;
  /** Of a socket: the next call that asks is told of it, and no other one. */
  readonly hasError: boolean;
}

/** `poll({fd, POLLIN | POLLOUT | POLLRDHUP}, 1, 0)`. */
export function pollNow(fd: number): Polled {
  polled.words[0] = fd;
  polled.words[1] = POLLIN | POLLOUT | POLLRDHUP;
  const events = call(polled.address, 1, 0) === 1 ? polled.bytes.readUInt16LE(REVENTS_AT) : 0;
  return {
    isReadable: (events & POLLIN) !== 0,
    isWritable: (events & POLLOUT) !== 0,
    hasTheirEnd: (events & POLLRDHUP) !== 0,
    isHungUp: (events & POLLHUP) !== 0,
    hasError: (events & POLLERR) !== 0,
  };
}
