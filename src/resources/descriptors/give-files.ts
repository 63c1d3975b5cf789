/**
 * Gives the program files that we have opened for it, each under its number, by few calls: as many
 * in one message as go into it, and those that get the right number at once stay there.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { at } from '../../at.ts';
import { O_CLOEXEC } from '../../sys/descriptor-flags.ts';
import { MSG_CMSG_CLOEXEC } from '../../sys/scm-rights.ts';
import type { Passage } from '../../tracee/pass-file.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

export interface Gift {
  /** The number that it is to have, which is free. */
  readonly fd: number;
  /** As in open(2): close-on-exec or not. */
  readonly flags: number;
  readonly ours: number;
}

/** @param gifts ascending. Those that have arrived. */
export function giveFiles(
  remote: RemoteSource,
  passage: Passage,
  gifts: readonly Gift[],
): readonly Gift[] {
  const closing = gifts.filter(({ flags }) => (flags & O_CLOEXEC) !== 0);
  const staying = gifts.filter(({ flags }) => (flags & O_CLOEXEC) === 0);
  return [
    ...giveAlike(remote, passage, closing, MSG_CMSG_CLOEXEC),
    ...giveAlike(remote, passage, staying, 0),
  ];
}

/**
 * The kernel gives the lowest numbers that are free, ascending, so none above the one it is to be.
 * From the highest down, none is in the way of another.
 */
function giveAlike(
  remote: RemoteSource,
  passage: Passage,
  gifts: readonly Gift[],
  how: number,
): readonly Gift[] {
  if (gifts.length === 0) return [];
  const received = passage.pass(
    gifts.map(({ ours }) => ours),
    how,
  );
  const given = gifts.slice(0, received.length);
  const { calls } = remote();
  const arrived: Gift[] = [];
  const left = new Set(received);
  for (let index = given.length - 1; index >= 0; index -= 1) {
    const gift = at(given, index);
    const from = at(received, index);
    const isThere =
      from === gift.fd || calls.call(SYS.dup3, from, gift.fd, gift.flags & O_CLOEXEC) === gift.fd;
    if (!isThere) continue;
    left.delete(gift.fd);
    arrived.push(gift);
  }
  for (const fd of left) calls.call(SYS.close, fd);
  return arrived;
}
