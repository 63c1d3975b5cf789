/**
 * What a rollback acquires of descriptors before it is committed: files that were closed since, a
 * way to give them to the program, and what takes the place of what cannot come back.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { Passage } from '../../tracee/pass-file.ts';
import type { Claims } from '../claims.ts';
import { Obstacle } from '../resource.ts';
import type { SocketPairs } from '../socket-pairs.ts';
import type { Stopped } from '../stopped.ts';
import { claimFiles } from './claim-files.ts';
import { openFileOf, type DescriptorsImage } from './descriptor-image.ts';
import { claimAllNumbers, findOwnNumber, readDescriptorLimit } from './descriptor-limit.ts';
import { readRecordLocks, type FileLock } from './file-locks.ts';
import type { HeldFiles } from './held-files.ts';
import { claimHungUp } from './hung-up.ts';
import { findRefusal } from './kinds/list.ts';
import { findOwnFile, isAskedToOpen } from './own-files.ts';
import type { KnownFiles } from './known-files.ts';
import { claimPairs, NO_SUBSTITUTES, type Substitutes } from './made-pairs.ts';
import { planDescriptors, type ClaimedFiles } from './plan-descriptors.ts';
import type { Sharing } from './sharing.ts';

const NEVER = -1;
const NONE: ClaimedFiles = new Map();

export interface DescriptorsPlan {
  readonly wanted: DescriptorsImage;
  /** A hung-up descriptor in the program; 0: none yet, or none is needed. */
  readonly hungUp: number;
  /** New sockets in the place of those that have lost their other end. */
  readonly substitutes: Substitutes;
  /** Numbers of the program's that are there for the rollback alone, or filled beforehand. */
  readonly ours: ReadonlySet<number>;
  /** Those of them that are the program's when it is done. */
  readonly filled: Set<number>;
  /** Files that were closed since, opened by us. */
  readonly claimed: ClaimedFiles;
  /** By which they go to the program; undefined: none yet, or none is needed. */
  readonly passage: Passage | undefined;
  /** Opening a file asks the program, which is stopped. */
  readonly isAskedToOpen: boolean;
  /** The lowest number that one of ours may have when what was opened since is closed. */
  readonly least: number;
  /** Record locks before anything was touched. */
  readonly locks: readonly FileLock[];
  /** As of when there was nothing to do; NEVER: there is something. */
  readonly generation: number;
}

export interface Preparation {
  readonly stopped: Stopped;
  readonly wanted: DescriptorsImage;
  readonly now: DescriptorsImage;
  readonly sharing: Sharing;
  readonly held: HeldFiles;
  readonly known: KnownFiles;
  readonly pairs: SocketPairs;
  /** Who the program is. */
  readonly identity: Uint8Array;
}

/** There is nothing to do, for as long as the generation is this. */
export function planNothing(wanted: DescriptorsImage, generation: number): DescriptorsPlan {
  return {
    wanted,
    hungUp: 0,
    substitutes: NO_SUBSTITUTES,
    ours: new Set(),
    filled: new Set(),
    claimed: NONE,
    passage: undefined,
    isAskedToOpen: false,
    least: 0,
    locks: [],
    generation,
  };
}

export function prepareDescriptors(
  preparation: Preparation,
  claims: Claims,
): DescriptorsPlan | Obstacle {
  const { stopped, wanted, now, sharing, held, known, pairs, identity } = preparation;
  const locks = readRecordLocks(stopped.pid);
  const steps = planDescriptors(wanted, now, sharing);
  const waiting = findOwnFile(stopped.living, now, steps);
  if (waiting !== undefined) return waiting;
  const refusal = findRefusal(stopped, steps.settles);
  if (refusal !== undefined) return new Obstacle(refusal);
  const plan = { ...planNothing(wanted, NEVER), locks };
  if (steps.refills.length === 0) return plan;
  const highest = steps.refills.at(-1)?.image.fd ?? 0;
  const limit = readDescriptorLimit(stopped.pid);
  if (highest >= limit.hard) {
    return new Obstacle(`descriptor ${highest} is above the limit that it has now: ${limit.hard}`);
  }
  const taken = numbersOf(wanted);
  const least = findOwnNumber(new Set([...taken, ...numbersOf(now)]), limit.hard);
  if (least + 4 * steps.refills.length >= limit.soft) claimAllNumbers(stopped, limit, claims);
  const { filled } = plan;
  const substitutes = claimPairs({ stopped, pairs, wanted, now, claims, filled });
  const { refills } = planDescriptors(wanted, now, sharing, substitutes);
  const isAsked = isAskedToOpen(now);
  const { living } = stopped;
  const claiming = { held, known, wanted, now, identity, living, claims, isAsked };
  const claimed = claimFiles(claiming, refills);
  const isLacking = refills.some(({ image, source }) => {
    return source === undefined && !claimed.has(openFileOf(image));
  });
  const passage = claimed.size > 0 ? claimPassage(stopped, least, claims) : undefined;
  const hungUp = isLacking ? acquireHungUp(stopped, least, claims) : 0;
  const made = [...substitutes.values()].map(({ fd }) => fd);
  return {
    ...plan,
    substitutes,
    ours: new Set([hungUp, passage?.theirs ?? 0, ...made].filter((fd) => fd > 0)),
    claimed,
    passage,
    hungUp,
    isAskedToOpen: isAsked,
    least: findOwnNumber(taken, limit.hard),
  };
}

function numbersOf(table: DescriptorsImage): Set<number> {
  return new Set(table.map(({ fd }) => fd));
}

/** Undefined where only numbers are lacking: there will be some. */
function claimPassage(stopped: Stopped, least: number, claims: Claims): Passage | undefined {
  if (least === 0) return undefined;
  const { remote, target } = stopped;
  let passage: Passage | undefined;
  claims.acquire(
    'socketpair',
    () => {
      const made = Passage.open({ remote, target }, least);
      if (typeof made !== 'number') passage = made;
      return passage?.theirs ?? 0;
    },
    () => {
      passage?.close();
    },
  );
  return passage;
}

function acquireHungUp(stopped: Stopped, least: number, claims: Claims): number {
  if (least === 0) return 0;
  const get = (): number => claimHungUp(stopped.remote, stopped.target, least);
  return claims.acquire('socketpair', get, (fd) => {
    if (fd > 0) stopped.remote().calls.call(SYS.close, fd);
  });
}
