/** All kinds, in the order in which they are put back: what watches others comes last. */
import { counters } from './counters.ts';
import { epollSets } from './epoll-sets.ts';
import type { AnonymousKind } from './kind.ts';
import { notifiers } from './notifiers.ts';
import { signalMasks } from './signal-masks.ts';

export const KINDS: readonly AnonymousKind[] = [counters, signalMasks, notifiers, epollSets];

/** Which kind an open file is of; undefined: nothing is known of what it holds, if anything. */
export function findKind(link: string): AnonymousKind | undefined {
  return KINDS.find(({ has }) => has(link));
}
