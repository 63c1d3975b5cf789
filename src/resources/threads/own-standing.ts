/**
 * What a thread has that those do not have which it would be made again by: users and capabilities
 * of its own, a root and a working directory, namespaces. It would come back with theirs.
 */
import { readlinkSync } from 'node:fs';
import { hasOtherDirectories } from '../../sys/process.ts';
import { isSameIdentity, readIdentity } from '../identity.ts';

const SPACES = ['mnt', 'net', 'uts', 'ipc', 'cgroup', 'time'] as const;

/** In words; undefined: nothing, or it is gone. The thread is stopped. */
export function describeOwnStanding(pid: number, tid: number): string | undefined {
  const [own, common] = [readIdentity(tid, tid), readIdentity(pid, pid)];
  if (own !== undefined && common !== undefined && !isSameIdentity(own, common)) {
    return 'users or capabilities of its own';
  }
  if (hasOtherDirectories(pid, tid)) return 'a root and a working directory of its own';
  const space = SPACES.find((name) => isElsewhere(pid, tid, name));
  return space === undefined ? undefined : `a ${space} namespace of its own`;
}

function isElsewhere(pid: number, tid: number, name: string): boolean {
  try {
    return readlinkSync(`/proc/${tid}/ns/${name}`) !== readlinkSync(`/proc/${pid}/ns/${name}`);
  } catch {
    return false;
  }
}
