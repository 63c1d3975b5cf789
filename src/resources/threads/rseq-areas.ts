/**
 * Where threads have restartable sequences registered, rseq(2). The kernel writes there on returns
 * to user mode, and forces SIGSEGV where that memory is gone: a thread that has registered an area
 * since the point lets go of it before mappings are touched, and has that of the point again when
 * they are in place.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import type { RseqConfiguration } from '../../sys/ptrace.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import { isRseqWritable, repairRseq, unregisterRseq } from '../../tracee/rseq.ts';
import type { Thread } from '../../tracee/thread.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

/** A thread's area at a point; undefined: the kernel does not tell. */
interface WithArea {
  readonly tid: number;
  readonly rseq: RseqConfiguration | undefined;
}

/** Threads that have another area than at the point, and which they have now. */
export type MovedAreas = ReadonlyMap<Thread, RseqConfiguration>;

/** The thread's area now: the same object as `former` when it is the same. */
export function readRseq(
  thread: Thread,
  former: RseqConfiguration | undefined,
): RseqConfiguration | undefined {
  const now = thread.readRseqArea();
  return now !== undefined && former !== undefined && isSame(now, former) ? former : now;
}

/** Those that differ from the point's; or why one of them cannot be let go of. */
export function findMovedAreas(
  { group, target }: Stopped,
  states: readonly WithArea[],
): MovedAreas | Obstacle {
  const moved = new Map<Thread, RseqConfiguration>();
  for (const { tid, rseq } of states) {
    const thread = group.threads.get(tid);
    const now = thread?.readRseqArea();
    if (thread === undefined || now === undefined || isSame(now, rseq)) continue;
    if (!isRseqWritable(target, thread)) {
      return new Obstacle(`thread ${tid} can make no calls: its rseq area is unmapped`);
    }
    moved.set(thread, now);
  }
  return moved;
}

/** Have the threads let go of the areas that they have now. */
export function unregisterAreas(stopped: Stopped, moved: MovedAreas): void {
  for (const [thread, area] of moved) {
    if (area.address === 0) continue;
    repairRseq(stopped.target, thread);
    const { calls } = stopped.remote();
    if (calls.thread === thread) unregisterRseq(calls, area);
    else {
      stopped.withCallsOf(thread, (remote) => {
        unregisterRseq(remote().calls, area);
      });
    }
  }
}

/** Register the area of a point; the thread has none now. */
export function registerArea(rseq: RseqConfiguration | undefined, calls: () => RemoteCalls): void {
  if (rseq === undefined || rseq.address === 0) return;
  calls().call(SYS.rseq, rseq.address, rseq.sizeBytes, 0, rseq.signature);
}

/** None is none, wherever it was. */
function isSame(one: RseqConfiguration, other: RseqConfiguration | undefined): boolean {
  if (other === undefined || other.address === 0) return one.address === 0;
  return (
    one.address === other.address &&
    one.sizeBytes === other.sizeBytes &&
    one.signature === other.signature
  );
}
