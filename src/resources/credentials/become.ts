/** Has a stopped thread become who it was: by calls of its own, which it may make. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { encodeCapabilities } from '../../sys/capabilities.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { Ids, Rights } from './rights.ts';

/** As `mayBecome` says that it may. What is refused all the same shows when it is looked at. */
export function become(remote: RemoteSource, now: Rights, then: Rights): void {
  const { calls, scratch } = remote();
  const setCapabilities = (rights: Rights, effective: bigint): void => {
    const { permitted, inheritable } = rights;
    const { header, data } = encodeCapabilities({ effective, permitted, inheritable });
    calls.call(SYS.capset, scratch.put(header), scratch.put(data));
  };
  const setIds = (call: number, { real, effective, saved }: Ids): void => {
    calls.call(call, real, effective, saved);
  };
  // First all that it is permitted, for what follows takes some of it.
  if (now.effective !== now.permitted) setCapabilities(now, now.permitted);
  if (now.more.join(' ') !== then.more.join(' ')) {
    const list = Buffer.alloc(Math.max(then.more.length * 4, 4));
    then.more.forEach((group, index) => list.writeUInt32LE(group, index * 4));
    calls.call(SYS.setgroups, then.more.length, scratch.put(list));
  }
  setIds(SYS.setresgid, then.groups);
  setIds(SYS.setresuid, then.users);
  const { fileSystem } = then.groups;
  if (fileSystem !== then.groups.effective) calls.call(SYS.setfsgid, fileSystem);
  if (then.users.fileSystem !== then.users.effective) {
    calls.call(SYS.setfsuid, then.users.fileSystem);
  }
  setCapabilities(then, then.effective);
}
