/** All kinds, in the order in which they are put back: what watches others comes last. */
import { asBelayError } from '../../../errors.ts';
import { LOST, type Named } from '../../resource.ts';
import type { Stopped } from '../../stopped.ts';
import type { DescriptorsImage } from '../descriptor-image.ts';
import type { Settle } from '../plan-descriptors.ts';
import { counters } from './counters.ts';
import { epollSets } from './epoll-sets.ts';
import type { AnonymousKind } from './kind.ts';
import { notifiers } from './notifiers.ts';
import { processes } from './processes.ts';
import { rings } from './rings.ts';
import { signalMasks } from './signal-masks.ts';
import { timers } from './timers.ts';
import { nameUnkept } from './unkept.ts';

export { nameUnkept };

export const KINDS: readonly AnonymousKind[] = [
  counters,
  timers,
  signalMasks,
  processes,
  notifiers,
  rings,
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
  return kind.keep?.(told, before) ?? new Uint8Array(told);
}

/** Why there is no way back for one of them; undefined: there is. */
export function findRefusal(stopped: Stopped, settles: readonly Settle[]): string | undefined {
  for (const { image, present } of settles) {
    if (image.content === undefined) continue;
    const why = findKind(image.link)?.refuse?.(stopped, image, present);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** After every rollback, whatever it has had to change. */
export function renewAll(stopped: Stopped, wanted: DescriptorsImage): Named[] {
  const lost = KINDS.flatMap((kind) => nameLosses(() => kind.renew?.(stopped, wanted)));
  return [...lost, ...nameUnkept(wanted)];
}

/** What `work` says is lost; so it is where it fails: there is no way back any more. */
export function nameLosses(work: () => readonly string[] | string | undefined): Named[] {
  let told: readonly string[] | string | undefined;
  try {
    told = work();
  } catch (error) {
    told = `what descriptors hold: ${asBelayError(error).message}`;
  }
  return [told ?? []].flat().map((text) => ({ bit: LOST.descriptors, text }));
}
