/**
 * shutdown(2), and what goes before a clean end of a connection: nothing left unread, with recv(2).
 *
 * @see https://man7.org/linux/man-pages/man2/shutdown.2.html
 */
import { declare, NativeBuffer, toNumber } from './libc.ts';
import { readUnread } from './socket-queues.ts';

const SHUT_RDWR = 2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
/** Chosen. */
const STEP_SIZE = 64 << 10;
/** Chosen: a peer that goes on sending is not waited for. */
const STEPS_MAX = 1024;

const shutdownCall = declare('int shutdown(int, int)');
const recv = declare('long recv(int, uint64_t, ulong, int)');
const disconnectCall = declare('int connect(int, uint64_t, uint)');
const discarded = new NativeBuffer(STEP_SIZE);
/** struct sockaddr of AF_UNSPEC. */
const nowhere = new NativeBuffer(16);

/** `int shutdown(fd, SHUT_RDWR)`: false when refused. */
export function shutdownBoth(fd: number): boolean {
  return shutdownCall(fd, SHUT_RDWR) === 0;
}

/** `recv(fd, bytes, size, MSG_TRUNC | MSG_DONTWAIT)`: until nothing is left unread. */
export function discardUnread(fd: number): void {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    // TCP copies nothing with MSG_TRUNC, unix(7) does.
    const size = toNumber(recv(fd, discarded.address, STEP_SIZE, MSG_TRUNC | MSG_DONTWAIT));
    // A packet can be empty, too.
    if (size < 0 || (size === 0 && readUnread(fd) === 0)) return;
  }
}

/** `connect(fd, AF_UNSPEC)`: the socket is connected to nobody any more; false when refused. */
export function disconnect(fd: number): boolean {
  return disconnectCall(fd, nowhere.address, nowhere.bytes.length) === 0;
}
