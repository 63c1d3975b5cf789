/** What the kernel keeps for a thread, and is told by the thread alone, or by who runs it. */
import { SYS } from '../../arch/x64/syscalls.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { LOST, type Named } from '../resource.ts';
import { isSameScheduling, writeScheduling } from './scheduling.ts';
import type { FactsOfThreads, ThreadFacts } from './thread-facts.ts';

const ROBUST_LIST_HEAD_SIZE = 24;

/** Of a thread at a point. */
interface Registered {
  readonly robustList: number;
  readonly alternateStack: Uint8Array | undefined;
}

/** Let a thread that was made again be run as the one that ended. */
export function giveScheduling(tid: number, remade: ThreadFacts, facts: FactsOfThreads): Named[] {
  const atPoint = facts.atPoint.get(tid);
  const wanted = atPoint ?? facts.lastSchedulingOf(tid) ?? remade.scheduling;
  if (wanted === undefined) return [];
  const named = writeScheduling(tid, wanted).map((what) => `${what} of thread ${tid} are lost`);
  const isChanged = remade.scheduling !== undefined && !isSameScheduling(remade.scheduling, wanted);
  if (atPoint === undefined && isChanged) {
    named.push(
      `thread ${tid} is scheduled as when it ended, which may have changed since the point`,
    );
  }
  return named.map((text) => ({ bit: LOST.threads, text }));
}

export function registerRemade(state: Registered, facts: ThreadFacts, remote: RemoteSource): void {
  const { calls, scratch } = remote();
  calls.call(SYS.set_tid_address, facts.clearChildTid);
  if (state.robustList !== 0) registerRobustList(state, remote);
  if (state.alternateStack !== undefined) {
    calls.call(SYS.sigaltstack, scratch.put(Buffer.from(state.alternateStack)), 0);
  }
}

export function registerRobustList({ robustList }: Registered, remote: RemoteSource): void {
  remote().calls.call(SYS.set_robust_list, robustList, ROBUST_LIST_HEAD_SIZE);
}
