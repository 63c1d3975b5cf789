/**
 * System calls that wait for a limited time and answer EINTR after every stop: how long they were
 * told to wait, and what they answer when the time is up.
 */
import type { RegisterName } from './registers.ts';

const EAGAIN = -11;
const EINPROGRESS = -115;

export interface TimedCall {
  /**
   * Where the limit is: milliseconds in a register, a struct timespec, or an option of the socket.
   */
  readonly limit: 'milliseconds' | 'timespec' | 'receive-option' | 'send-option';
  /** The register with the milliseconds, the timespec's address, or the socket. */
  readonly register: RegisterName;
  /** The answer when the time is up. */
  readonly answer: number;
}

const epoll: TimedCall = { limit: 'milliseconds', register: 'r10', answer: 0 };
const receive: TimedCall = { limit: 'receive-option', register: 'rdi', answer: EAGAIN };
const send: TimedCall = { limit: 'send-option', register: 'rdi', answer: EAGAIN };
const events: TimedCall = { limit: 'timespec', register: 'r8', answer: 0 };

/** By call number; calls that are not listed wait without a limit. */
export const TIMED_CALLS: ReadonlyMap<number, TimedCall> = new Map<number, TimedCall>([
  [0, receive],
  [1, send],
  [19, receive],
  [20, send],
  [42, { ...send, answer: EINPROGRESS }],
  [43, receive],
  [44, send],
  [45, receive],
  [46, send],
  [47, receive],
  [128, { limit: 'timespec', register: 'rdx', answer: EAGAIN }],
  [208, events],
  [220, { limit: 'timespec', register: 'r10', answer: EAGAIN }],
  [232, epoll],
  [281, epoll],
  [288, receive],
  [307, send],
  [333, events],
  [441, { limit: 'timespec', register: 'r10', answer: 0 }],
]);
