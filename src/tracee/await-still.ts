/**
 * Waits for the threads of a group that have been asked to stop.
 *
 * Each is asked for by its own id, in turn, and nobody is waited for who has stopped by then: where
 * it is asked for any, the kernel looks through all tracees for one that has something to tell.
 * Only where the one whose turn it is has not stopped yet is the next event of anybody waited for.
 *
 * Source: kernel/exit.c, do_wait_pid, ptrace_do_wait.
 */
import type { HoldOutcome } from './hold-outcome.ts';
import { Patience } from './patience.ts';
import type { Thread, ThreadGroup } from './thread.ts';

/** What is asked of whoever gets the events: event-pump.ts. */
interface Events {
  readonly threads: ReadonlyMap<number, Thread>;
  takeOf(thread: Thread): boolean;
  takeNext(): 'event' | 'alarm' | 'nobody';
  isAnyInVfork(group: ThreadGroup): boolean;
}

/** `outOfVfork`: wait for those in vfork(2), too, whose child is about to end. */
export function awaitStill(events: Events, group: ThreadGroup, outOfVfork: boolean): HoldOutcome {
  using patience = new LazyPatience();
  // One that is run on once more, or has come since, is behind those that have been looked at.
  while (!group.isStill()) {
    for (const thread of group.threads.values()) {
      while (!thread.isStopped && group.threads.get(thread.tid) === thread) {
        if (!outOfVfork && events.isAnyInVfork(group)) return 'in-vfork';
        if (events.takeOf(thread)) continue;
        patience.begin();
        const came = events.takeNext();
        if (came === 'nobody') return 'ended';
        if (came === 'alarm' && patience.isOver(movingThreads(events, group))) return 'stuck';
      }
    }
  }
  return group.leaving.await() ? 'held' : 'stuck';
}

/** Begun where somebody is waited for: the alarm that it takes is two system calls. */
class LazyPatience implements Disposable {
  private patience: Patience | undefined = undefined;

  begin(): void {
    this.patience ??= new Patience();
  }

  isOver(threads: Iterable<Thread>): boolean {
    return this.patience?.isOver(threads) === true;
  }

  [Symbol.dispose](): void {
    this.patience?.[Symbol.dispose]();
  }
}

/**
 * Those of the group that have not stopped; for those in vfork(2) see `EventPump.hold`: their child
 * is about to end, unless it was let go of, and nothing will tell of it.
 */
function* movingThreads({ threads }: Events, group: ThreadGroup): Iterable<Thread> {
  for (const thread of threads.values()) {
    const { state } = thread;
    if (thread.group !== group || state.kind === 'stopped') continue;
    if (state.kind !== 'in-vfork' || !threads.has(state.child)) yield thread;
  }
}
