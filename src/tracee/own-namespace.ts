/** Whether the processes that a thread begins see the same pids as it does: pid_namespaces(7). */
import { readlinkSync } from 'node:fs';
import type { Thread } from './thread.ts';

export function isInOwnNamespace({ tid, group }: Thread): boolean {
  const directory = `/proc/${group.pid}/task/${tid}/ns`;
  try {
    return readlinkSync(`${directory}/pid`) === readlinkSync(`${directory}/pid_for_children`);
  } catch {
    // A namespace that nobody has been in yet cannot be looked at.
    return false;
  }
}
