/**
 * Who is signalled by an open file, and how: F_SETOWN, F_SETOWN_EX, F_SETSIG.
 *
 * Nothing in fdinfo tells of it, so it is asked of those where it matters at any moment: with
 * O_ASYNC, and with a lease. Where neither is set an owner is for urgent data of sockets alone
 * (SIGURG), and is left as it is.
 *
 * Source: fcntl(2), "Managing signals".
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { O_ASYNC } from '../../sys/descriptor-flags.ts';
import {
  F_SETOWN_EX,
  F_SETSIG,
  OWNER,
  OWNER_SIZE,
  readOwner,
  type Owner,
} from '../../sys/f-owner.ts';
import { useAndClose } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorImage, DescriptorsImage } from './descriptor-image.ts';
import { hasLease } from './file-locks.ts';

/** Whether it is to be asked. */
export function mayHaveOwner(flags: number, locks: Uint8Array | undefined): boolean {
  return (flags & O_ASYNC) !== 0 || hasLease(locks);
}

/** Of a descriptor of the thread's; undefined: there is none, or it cannot be asked. */
export function askOwner(tid: number, fd: number): Owner | undefined {
  return useAndClose(getDescriptor(tid, fd), readOwner);
}

export function isSameOwner(one: Owner | undefined, other: Owner | undefined): boolean {
  return one?.type === other?.type && one?.id === other?.id && one?.signo === other?.signo;
}

/** Make it whom it was, when flags and leases are back. */
export function settleOwners(stopped: Stopped, wanted: DescriptorsImage): Named[] {
  return wanted.flatMap((image) => {
    const { fd, link, owner } = image;
    if (owner === undefined || settle(stopped, image, owner)) return [];
    const text = `descriptor ${fd} (${link}) does not signal whom it did`;
    return [{ bit: LOST.descriptors, text }];
  });
}

function settle(stopped: Stopped, { fd }: DescriptorImage, owner: Owner): boolean {
  const now = askOwner(stopped.living, fd);
  if (now === undefined || isSameOwner(now, owner)) return now !== undefined;
  const id = ownIdOf(stopped, owner);
  if (id === undefined) return false;
  const { calls, scratch } = stopped.remote();
  const bytes = Buffer.alloc(OWNER_SIZE);
  bytes.writeInt32LE(owner.type, 0);
  bytes.writeInt32LE(id, 4);
  const isSet = calls.call(SYS.fcntl, fd, F_SETOWN_EX, scratch.put(bytes)) === 0;
  return calls.call(SYS.fcntl, fd, F_SETSIG, owner.signo) === 0 && isSet;
}

/** As the program calls it, by its pid namespace; undefined: it is not known how. */
function ownIdOf({ pid, group, ownIds }: Stopped, { type, id }: Owner): number | undefined {
  if (id === 0 || ownIds.of(pid).length === 1) return id;
  const isOwn = type === OWNER.thread ? group.threads.has(id) : id === pid;
  return isOwn ? ownIds.ownIdOf(id) : undefined;
}
