/**
 * What a program has set by prctl(2) and personality(2), and only the program itself is told: asked
 * of its main thread, or of the oldest there is. The kernel keeps some of it for each thread; it is
 * hardly ever set but by the main thread, at the beginning.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { PERSONALITY_ASK } from '../../sys/personality.ts';
import {
  PR_GET_CHILD_SUBREAPER,
  PR_GET_DUMPABLE,
  PR_GET_PDEATHSIG,
  PR_GET_SECUREBITS,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_KEEPCAPS,
  PR_SET_PDEATHSIG,
  PR_SET_SECUREBITS,
  SECBIT_KEEP_CAPS,
} from '../../sys/prctl.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { Stopped } from '../stopped.ts';

export interface Settings {
  readonly dumpable: number;
  /** Sent to it when its parent ends; 0: none. */
  readonly parentDeathSignal: number;
  /** Orphans among its descendants become its children. */
  readonly childSubreaper: number;
  /** With the bit to keep capabilities when users change. */
  readonly securebits: number;
  readonly personality: number;
}

const NAMES: Readonly<Record<keyof Settings, string>> = {
  dumpable: 'whether its memory may be read (PR_SET_DUMPABLE)',
  parentDeathSignal: 'its parent-death signal',
  childSubreaper: 'whether it is a child subreaper',
  securebits: 'its securebits',
  personality: 'its personality',
};
const KINDS = Object.keys(NAMES) as (keyof Settings)[];

export function isSameSettings(one: Settings, other: Settings): boolean {
  return KINDS.every((kind) => one[kind] === other[kind]);
}

/** @throws ConfinedError: it can make no calls for us */
export function askSettings(stopped: Stopped): Settings {
  return withItsCalls(stopped, (remote) => ask(stopped, remote));
}

/**
 * By name what is again as `wanted` has it, and what is not.
 *
 * @param isSomebodyElse its users are not those of the point: whom its memory is hidden from stays
 */
export function putSettingsBack(
  stopped: Stopped,
  now: Settings,
  wanted: Settings,
  isSomebodyElse: boolean,
): { readonly changed: readonly string[]; readonly refused: readonly string[] } {
  if (isSameSettings(now, wanted)) return { changed: [], refused: [] };
  return withItsCalls(stopped, (remote) => {
    const differing = KINDS.filter((kind) => now[kind] !== wanted[kind]);
    const refused = differing.filter((kind) => {
      const mustStay = isSomebodyElse && kind === 'dumpable';
      return mustStay || !write(remote, kind, now[kind], wanted[kind]);
    });
    const changed = differing.filter((kind) => !refused.includes(kind));
    return {
      changed: changed.map((kind) => NAMES[kind]),
      refused: refused.map((kind) => NAMES[kind]),
    };
  });
}

function withItsCalls<Result>(stopped: Stopped, work: (remote: RemoteSource) => Result): Result {
  const { group, living } = stopped;
  const thread = group.threads.get(living);
  if (thread === undefined || stopped.remote().calls.thread === thread) return work(stopped.remote);
  stopped.endCalls();
  const results: Result[] = [];
  stopped.withCallsOf(thread, (remote) => {
    results.push(work(remote));
  });
  return results[0] as Result;
}

function ask({ target }: Stopped, remote: RemoteSource): Settings {
  const { calls, scratch } = remote();
  const [signal, reaper] = [scratch.reserve(4), scratch.reserve(4)];
  calls.call(SYS.prctl, PR_GET_PDEATHSIG, signal);
  calls.call(SYS.prctl, PR_GET_CHILD_SUBREAPER, reaper);
  return {
    dumpable: calls.call(SYS.prctl, PR_GET_DUMPABLE),
    parentDeathSignal: target.read(signal, 4).readInt32LE(),
    childSubreaper: target.read(reaper, 4).readInt32LE(),
    securebits: calls.call(SYS.prctl, PR_GET_SECUREBITS),
    personality: calls.call(SYS.personality, PERSONALITY_ASK),
  };
}

function write(remote: RemoteSource, kind: keyof Settings, now: number, wanted: number): boolean {
  const { calls } = remote();
  switch (kind) {
    case 'dumpable':
      return calls.call(SYS.prctl, PR_SET_DUMPABLE, wanted) === 0;
    case 'parentDeathSignal':
      return calls.call(SYS.prctl, PR_SET_PDEATHSIG, wanted) === 0;
    case 'childSubreaper':
      return calls.call(SYS.prctl, PR_SET_CHILD_SUBREAPER, wanted) === 0;
    case 'personality':
      return calls.call(SYS.personality, wanted) >= 0;
    case 'securebits': {
      // To keep capabilities takes none.
      const isKeepOnly = ((now ^ wanted) & ~SECBIT_KEEP_CAPS) === 0;
      const keep = (wanted & SECBIT_KEEP_CAPS) === 0 ? 0 : 1;
      if (isKeepOnly) return calls.call(SYS.prctl, PR_SET_KEEPCAPS, keep) === 0;
      return calls.call(SYS.prctl, PR_SET_SECUREBITS, wanted) === 0;
    }
  }
}
