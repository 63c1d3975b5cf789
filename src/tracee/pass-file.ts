/**
 * Gives files that we have open to the program, or to a hand of it, over a pair of sockets made for
 * it. No path, root, namespace or permission of the program's has a say in that.
 */
import { constants } from 'node:os';
import { SYS } from '../arch/x64/syscalls.ts';
import { F_DUPFD_CLOEXEC } from '../sys/descriptor-flags.ts';
import { close } from '../sys/file.ts';
import { getDescriptor } from '../sys/pidfd.ts';
import {
  AF_UNIX,
  descriptorsIn,
  DESCRIPTORS_MAX,
  messageFor,
  messageSize,
  MSG_CMSG_CLOEXEC,
  sendDescriptors,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../sys/scm-rights.ts';
import type { RemoteSource } from './remote-session.ts';
import type { TargetMemory } from './target-memory.ts';

const { EMFILE } = constants.errno;
const PAIR_SIZE = 8;

/** Who gets the files, and where arguments for its calls can be put. */
export interface Receiver {
  /** Asked each time: calls may be ended and begun again while a passage is open. */
  readonly remote: RemoteSource;
  readonly target: TargetMemory;
}

/** A pair of sockets of which the receiver has one end, and we the other. */
export class Passage {
  /** The receiver's end. */
  readonly theirs: number;
  private readonly ours: number;
  private readonly receiver: Receiver;

  private constructor(receiver: Receiver, theirs: number, ours: number) {
    this.receiver = receiver;
    this.theirs = theirs;
    this.ours = ours;
  }

  /** One, or minus errno. @param least the lowest number that the receiver's end may have */
  static open(receiver: Receiver, least = 0): Passage | number {
    const { remote, target } = receiver;
    const { calls, scratch } = remote();
    const pair = scratch.reserve(PAIR_SIZE);
    const made = calls.call(SYS.socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair);
    if (made < 0) return made;
    const bytes = target.read(pair, PAIR_SIZE);
    const [first, other] = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
    let theirs = first;
    if (first < least) {
      theirs = calls.call(SYS.fcntl, first, F_DUPFD_CLOEXEC, least);
      calls.call(SYS.close, first);
    }
    const ours = theirs < 0 ? theirs : getDescriptor(calls.thread.tid, other);
    calls.call(SYS.close, other);
    if (ours >= 0) return new Passage(receiver, theirs, ours);
    if (theirs >= 0) calls.call(SYS.close, theirs);
    return ours;
  }

  /**
   * The receiver's numbers for our files `fds`, which it has from now on: each the lowest that was
   * free, in turn. Fewer than were sent, where numbers are lacking.
   *
   * @param flags MSG_CMSG_CLOEXEC, or 0
   */
  pass(fds: readonly number[], flags: number): number[] {
    const received: number[] = [];
    for (let start = 0; start < fds.length; start += DESCRIPTORS_MAX) {
      const part = fds.slice(start, start + DESCRIPTORS_MAX);
      if (sendDescriptors(this.ours, part) < 0) break;
      const got = this.receive(part.length, flags);
      received.push(...got);
      if (got.length < part.length) break;
    }
    return received;
  }

  close(): void {
    close(this.ours);
    this.receiver.remote().calls.call(SYS.close, this.theirs);
  }

  private receive(count: number, flags: number): number[] {
    const { remote, target } = this.receiver;
    const { calls, scratch } = remote();
    const size = messageSize(count);
    const address = scratch.reserve(size);
    target.write(address, messageFor(address, count));
    const result = calls.call(SYS.recvmsg, this.theirs, address, flags);
    return result < 0 ? [] : descriptorsIn(target.read(address, size));
  }
}

/** The descriptor of our file `fd` that the receiver gets, or minus errno. */
export function passFile(receiver: Receiver, fd: number): number {
  const passage = Passage.open(receiver);
  if (typeof passage === 'number') return passage;
  try {
    return passage.pass([fd], MSG_CMSG_CLOEXEC)[0] ?? -EMFILE;
  } finally {
    passage.close();
  }
}
