/**
 * inotify(7), of a group that somebody else has made.
 *
 * @see https://man7.org/linux/man-pages/man7/inotify.7.html
 */
import { readSync } from 'node:fs';
import { at } from '../at.ts';
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

export const IN_ACCESS = 0x1;
export const IN_DELETE_SELF = 0x400;
export const IN_IGNORED = 0x8000;
export const IN_MASK_CREATE = 0x10000000;

const FIONREAD = 0x541b;
/** Needs CONFIG_CHECKPOINT_RESTORE. */
const INOTIFY_IOC_SETNEXTWD = 0x40044900;
/** struct inotify_event: wd, mask, cookie, len, then the name. */
const HEADER_SIZE = 16;
const LENGTH_OFFSET = 12;

const IN_CLOEXEC = 0o2000000;
const init = declare('int inotify_init1(int)');
const addCall = declare('int inotify_add_watch(int, const char *, uint)');
const removeCall = declare('int inotify_rm_watch(int, int)');
const ioctl = declare('int ioctl(int, ulong, uint64_t)');
const waiting = new NativeBuffer(8);

export interface NotifyEvent {
  readonly watch: number;
  readonly mask: number;
}

/** `int inotify_init1(IN_CLOEXEC)`: a descriptor, or minus errno. */
export function inotifyInit(): number {
  const fd = init(IN_CLOEXEC) as number;
  return fd < 0 ? -errnoNow() : fd;
}

/** `int inotify_add_watch(fd, path, mask)`: the watch, or minus errno. */
export function inotifyAddWatch(fd: number, path: string, mask: number): number {
  const watch = toNumber(addCall(fd, path, mask >>> 0));
  return watch < 0 ? -errnoNow() : watch;
}

/** `int inotify_rm_watch(fd, watch)`: 0, or minus errno. It is told by an event. */
export function inotifyRmWatch(fd: number, watch: number): number {
  return removeCall(fd, watch) === 0 ? 0 : -errnoNow();
}

/** `int ioctl(fd, INOTIFY_IOC_SETNEXTWD, watch)`: the number of the next one, if that is free. */
export function inotifySetNextWatch(fd: number, watch: number): number {
  return ioctl(fd, INOTIFY_IOC_SETNEXTWD, watch) === 0 ? 0 : -errnoNow();
}

/** Takes all events that wait, without waiting for one. */
export function takeEvents(fd: number): NotifyEvent[] {
  const size = countUnreadEvents(fd);
  if (size === 0) return [];
  const bytes = Buffer.alloc(size);
  const count = readSync(fd, bytes);
  const events: NotifyEvent[] = [];
  for (let from = 0; from + HEADER_SIZE <= count;) {
    events.push({ watch: bytes.readInt32LE(from), mask: bytes.readUInt32LE(from + 4) });
    from += HEADER_SIZE + bytes.readUInt32LE(from + LENGTH_OFFSET);
  }
  return events;
}

/** `ioctl(fd, FIONREAD)`: how many bytes of events wait to be read. */
export function countUnreadEvents(fd: number): number {
  return ioctl(fd, FIONREAD, waiting.address) === 0 ? at(waiting.words, 0) : 0;
}

/** Whether events wait to be read. */
export function hasEvents(fd: number): boolean {
  return countUnreadEvents(fd) > 0;
}
