/** All kinds, in the order in which they are put back: what watches others comes last. */
import { LOST, type Named } from '../../resource.ts';
import type { Stopped } from '../../stopped.ts';
import type { DescriptorsImage } from '../descriptor-image.ts';
import { counters } from './counters.ts';
import { epollSets } from './epoll-sets.ts';
import type { AnonymousKind } from './kind.ts';
import { notifiers } from './notifiers.ts';
import { processes } from './processes.ts';
import { signalMasks } from './signal-masks.ts';
import { timers } from './timers.ts';

export const KINDS: readonly AnonymousKind[] = [
  counters,
  timers,
  signalMasks,
  processes,
  notifiers,
  epollSets,
];

/** Which kind an open file is of; undefined: nothing is known of what it holds, if anything. */
export function findKind(link: string): AnonymousKind | undefined {
  return KINDS.find(({ has }) => has(link));
}

/**
 * What an open file holds, as it is kept.
 *
 * @param told what fdinfo adds for its kind, valid for now alone
 * @param before what was kept last: answered again if it is the same
 */
export function keepContent(
  link: string,
  told: Buffer,
  before?: Uint8Array,
): Uint8Array | undefined {
  const kind = findKind(link);
  if (kind === undefined) return undefined;
  return kind.keep?.(told, before) ?? Uint8Array.from(told);
}

/** After every rollback, whatever it has had to change. */
export function renewAll(stopped: Stopped, wanted: DescriptorsImage): Named[] {
  const texts = KINDS.flatMap((kind) => kind.renew?.(stopped, wanted) ?? []);
  return texts.map((text) => ({ bit: LOST.descriptors, text }));
}
