/**
 * Programs whose memory an ordinary user may not read, though it is this user's: those that
 * have said so (prctl(2), PR_SET_DUMPABLE), or run in a user namespace that they made and have not
 * exec'd in since. It is their wish, and may come after points were made.
 *
 * Source: task_dump_owner in fs/proc/base.c, what may not be read is root's; ptrace_access_vm.
 */
import { statSync } from 'node:fs';
import { BelayError } from '../errors.ts';
import type { ThreadGroup } from './thread.ts';

export const HIDDEN =
  'it has forbidden that its memory be read (PR_SET_DUMPABLE, or a user namespace of its own)';

export class HiddenError extends BelayError {
  constructor(pid: number) {
    super('EPERM', `cannot save process ${pid}: ${HIDDEN}`, { hint: 'run belay as root' });
  }
}

/** Whoever we are, we stay it. */
const user = process.geteuid?.() ?? 0;

export function isHidden({ living }: ThreadGroup): boolean {
  return user !== 0 && statSync(`/proc/${living}/mem`, { throwIfNoEntry: false })?.uid !== user;
}
