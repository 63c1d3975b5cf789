/**
 * Gives a file that we have open to the program, or a hand of it, over a pair of sockets made for
 * it. No path, root, namespace or permission of the program's has a say in that.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { close } from '../../sys/file.ts';
import { pidfdGetfd, pidfdOpen } from '../../sys/pidfd.ts';
import {
  AF_UNIX,
  CONTROL_LENGTH_AT,
  DESCRIPTOR_AT,
  MESSAGE_SIZE,
  messageFor,
  MSG_CMSG_CLOEXEC,
  sendDescriptor,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../../sys/scm-rights.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Scratch } from '../../tracee/scratch.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';

const PAIR_SIZE = 8;

/** The descriptor of our file `fd` that whoever makes `calls` gets, or minus errno. */
export function passFile(
  calls: RemoteCalls,
  scratch: Scratch,
  target: TargetMemory,
  fd: number,
): number {
  const pair = scratch.reserve(PAIR_SIZE);
  const made = calls.call(SYS.socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair);
  if (made < 0) return made;
  const bytes = target.read(pair, PAIR_SIZE);
  const [theirs, other] = [bytes.readInt32LE(0), bytes.readInt32LE(4)];
  const pidfd = pidfdOpen(calls.thread.tid);
  const ours = pidfdGetfd(pidfd, other);
  try {
    if (ours < 0) return ours;
    const sent = sendDescriptor(ours, fd);
    return sent < 0 ? sent : receive(calls, scratch, target, theirs);
  } finally {
    if (ours >= 0) close(ours);
    close(pidfd);
    calls.call(SYS.close, theirs);
    calls.call(SYS.close, other);
  }
}

function receive(
  calls: RemoteCalls,
  scratch: Scratch,
  target: TargetMemory,
  socket: number,
): number {
  const address = scratch.reserve(MESSAGE_SIZE);
  target.write(address, messageFor(address));
  const size = calls.call(SYS.recvmsg, socket, address, MSG_CMSG_CLOEXEC);
  if (size < 0) return size;
  const fd = target.read(address + DESCRIPTOR_AT, 4).readInt32LE(0);
  // Without room for a descriptor the message comes without one: its control length is 0.
  const length = target.read(address + CONTROL_LENGTH_AT, 4).readInt32LE(0);
  return length === 0 ? -EMFILE : fd;
}

const EMFILE = 24;
