/** Who uses what has no list of users: whoever did something with it last, if that still lives. */
import { kill } from '../../sys/process.ts';
import type { Stopped } from '../stopped.ts';

const ESRCH = 3;

export interface IpcUsers {
  readonly other: number;
  readonly isOwn: boolean;
}

/**
 * A message that goes straight to who waits for it is told of by the id of that thread.
 *
 * @param pids who did something last, as we know them; 0: nobody, or not to be seen from here
 * @param wasOwn the program has been one of them before
 */
export function usersOf(
  { pid, group }: Stopped,
  pids: Iterable<number>,
  wasOwn: boolean,
): IpcUsers {
  let other = 0;
  let isOwn = wasOwn;
  for (const each of new Set(pids)) {
    if (each === pid || group.threads.has(each)) isOwn = true;
    else if (each !== 0 && kill(each, 0) !== ESRCH) other = each;
  }
  return { other, isOwn };
}
