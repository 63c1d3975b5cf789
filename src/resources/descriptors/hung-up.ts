/**
 * A descriptor that is hung up: reading gives end of file, writing EPIPE, as when a peer has gone.
 * Every program that talks to others knows what to do then.
 */
import { constants } from 'node:os';
import { SYS } from '../../arch/x64/syscalls.ts';
import {
  AF_INET,
  AF_UNIX,
  AT_FDCWD,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
  SHUT_RDWR,
  SOCK_STREAM,
} from '../../sys/descriptor-flags.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

const { EMFILE } = constants.errno;

/**
 * Make one in the program; its number, or minus errno. Where two numbers are not to be had for a
 * moment, a socket that was never connected does nearly as well (its reader is told ENOTCONN), and
 * /dev/null for reading is better than somebody else's file.
 */
export function makeHungUp(remote: RemoteSource, target: TargetMemory): number {
  const { calls, scratch } = remote();
  const pair = scratch.reserve(8);
  const result = calls.call(SYS.socketpair, AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, pair);
  if (result === 0) {
    const ends = target.read(pair, 8);
    const near = ends.readInt32LE(0);
    calls.call(SYS.close, ends.readInt32LE(4));
    calls.call(SYS.shutdown, near, SHUT_RDWR);
    return near;
  }
  const single = calls.call(SYS.socket, AF_INET, SOCK_STREAM | O_CLOEXEC, 0);
  if (single >= 0) return single;
  const path = scratch.put(Buffer.from('/dev/null\0'));
  const empty = calls.call(SYS.openat, AT_FDCWD, path, O_CLOEXEC, 0);
  return empty >= 0 ? empty : result;
}

/**
 * As `makeHungUp`, of a number that is in nobody's way: `least`, or above. 0 (no number of ours can
 * be that low) where only numbers are lacking: there will be some when what was opened since is
 * closed.
 */
export function claimHungUp(remote: RemoteSource, target: TargetMemory, least: number): number {
  const made = makeHungUp(remote, target);
  if (made === -EMFILE) return 0;
  if (made < 0) return made;
  const { calls } = remote();
  const moved = calls.call(SYS.fcntl, made, F_DUPFD_CLOEXEC, least);
  calls.call(SYS.close, made);
  return Math.max(moved, 0);
}
