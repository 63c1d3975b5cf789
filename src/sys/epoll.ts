/**
 * epoll(7), used to know an open file again, and what has happened to it: a set does not hold what
 * it watches open, and kcmp(2) compares with what is watched.
 *
 * @see https://man7.org/linux/man-pages/man2/kcmp.2.html
 */
import { EPOLL_CTL_ADD, EPOLL_EVENT_SIZE } from './descriptor-flags.ts';
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SYS_kcmp = 312;
const KCMP_EPOLL_TFD = 7;
const EPOLL_CLOEXEC = 0o2000000;
/** Chosen: what is more takes another call. */
const DRAINED_MAX = 1024;
const DATA_OFFSET = 4;
/** struct kcmp_epoll_slot: efd, tfd, toff. */
const SLOT_SIZE = 12;

const createCall = declare('int epoll_create1(int)');
const controlCall = declare('int epoll_ctl(int, int, int, uint64_t)');
const waitCall = declare('int epoll_wait(int, uint64_t, int, int)');
const added = new NativeBuffer(EPOLL_EVENT_SIZE);
const kcmpCall = declare('long syscall(long, int, int, int, ulong, uint64_t)');

/** `int epoll_create1(EPOLL_CLOEXEC)`: a descriptor, or minus errno. */
export function epollCreate(): number {
  const fd = toNumber(createCall(EPOLL_CLOEXEC));
  return fd < 0 ? -errnoNow() : fd;
}

/** `int epoll_ctl(epoll, EPOLL_CTL_ADD, fd, {events, data})`: 0, or minus errno. */
export function epollAdd(epoll: number, fd: number, events: number, data: number): number {
  added.words[0] = events;
  added.setUint64(DATA_OFFSET, data);
  return toNumber(controlCall(epoll, EPOLL_CTL_ADD, fd, added.address)) < 0 ? -errnoNow() : 0;
}

/** `int epoll_wait(epoll, events, max, 0)`: how many are at `address`, or minus errno. */
export function epollWait(epoll: number, address: number, max: number): number {
  const count = toNumber(waitCall(epoll, address, max, 0));
  return count < 0 ? -errnoNow() : count;
}

/** What epoll_wait(2) gives at once, without waiting. */
export class EpollEvents {
  private readonly events: NativeBuffer;
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
    this.events = new NativeBuffer(max * EPOLL_EVENT_SIZE);
  }

  /** `int epoll_wait(epoll, events, max, 0)`: the data of each. */
  take(epoll: number): number[] {
    const count = epollWait(epoll, this.events.address, this.max);
    const data: number[] = [];
    for (let index = 0; index < count; index += 1) {
      data.push(this.events.getUint64(index * EPOLL_EVENT_SIZE + DATA_OFFSET));
    }
    return data;
  }
}

/** `int epoll_ctl(epoll, EPOLL_CTL_ADD, fd, {0})`, for no events: 0, or minus errno. */
export function epollAddSilent(epoll: number, fd: number): number {
  return epollAdd(epoll, fd, 0, 0);
}

const drained = new NativeBuffer(DRAINED_MAX * EPOLL_EVENT_SIZE);
const tried = new NativeBuffer(SLOT_SIZE);

/**
 * `kcmp(pid, pid, KCMP_EPOLL_TFD, fd, slot)`: whether descriptor `fd` of the process leads to what
 * its own set `epoll` watches by number `watched`; `index` counts where there are several of these.
 */
export function isWatchedBy(
  pid: number,
  epoll: number,
  watched: number,
  index: number,
  fd: number,
): boolean {
  tried.words.set([epoll, watched, index]);
  return toNumber(kcmpCall(SYS_kcmp, pid, pid, KCMP_EPOLL_TFD, fd, tried.address)) === 0;
}

/** `int epoll_wait(epoll, events, max, 0)` for `count` events, which are not looked at. */
export function epollDrain(epoll: number, count: number): void {
  for (let left = count; left > 0; left -= DRAINED_MAX) {
    if (epollWait(epoll, drained.address, DRAINED_MAX) < DRAINED_MAX) return;
  }
}

/** The only entry of a set of ours. */
export class EpollSlot {
  private readonly slot = new NativeBuffer(SLOT_SIZE);

  /** @param watched the number that the file had when it was added */
  constructor(epoll: number, watched: number) {
    this.slot.words[0] = epoll;
    this.slot.words[1] = watched;
  }

  /** `kcmp(pid, self, KCMP_EPOLL_TFD, fd, slot)`: whether this is the open file that is watched. */
  isWatched(pid: number, fd: number): boolean {
    const { address } = this.slot;
    return toNumber(kcmpCall(SYS_kcmp, pid, process.pid, KCMP_EPOLL_TFD, fd, address)) === 0;
  }
}
