/**
 * Makes timers again that were deleted since, with the ids that they had. They do not run: for as
 * long as the rollback is not committed they can be deleted again.
 *
 * Source: timer_create(2); kernel/time/posix-timers.c, do_timer_create.
 */
import { SyscallError } from '../../errors.ts';
import type { ListedTimer } from '../../procfs/timers.ts';
import type { Claims } from '../claims.ts';
import type { Stopped } from '../stopped.ts';
import { canChooseId, deleteTimer, makeTimer } from './timer-calls.ts';
import { isOfItsMaker, isOfUnknownThread, threadOf } from './timer-clocks.ts';

/**
 * In words what of it is not as it was; undefined: nothing.
 *
 * @param claims by which it is given back; undefined: it stays
 * @param made those that were made, by their ids: one that is taken out stays
 */
export function makeAgain(
  stopped: Stopped,
  timer: ListedTimer,
  claims: Claims | undefined,
  made: Map<number, ListedTimer>,
): string | undefined {
  if (!canChooseId(stopped.remote)) return 'it was deleted, and ids cannot be chosen (Linux 6.15)';
  const get = (): number => make(stopped, timer);
  const release = (): void => {
    if (made.delete(timer.id)) deleteTimer(stopped.remote, timer.id);
  };
  try {
    if (claims !== undefined) claims.acquire('timer_create', get, release);
    else if (get() < 0) return 'it cannot be made again';
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return `it was deleted, and cannot be made again: ${error.code}`;
  }
  made.set(timer.id, timer);
  if (!isOfUnknownThread(stopped, timer)) return undefined;
  return 'it was deleted, and counts the time of the main thread now: whose it was is not told';
}

/** The clock of whoever makes it must be that of the thread which made it. */
function make(stopped: Stopped, timer: ListedTimer): number {
  const target = stopped.ownIds.ownIdOf(timer.target);
  const maker = isOfItsMaker(timer.clock)
    ? stopped.group.threads.get(threadOf(stopped, timer))
    : undefined;
  if (maker === undefined) return makeTimer(stopped.remote, timer, target);
  let result = 0;
  stopped.endCalls();
  stopped.withCallsOf(maker, (remote) => {
    result = makeTimer(remote, timer, target);
  });
  return result;
}
