/**
 * What a program has set by prctl(2) and the like, and only the program itself is told: asked of
 * its main thread, or of the oldest there is. The kernel keeps some of it for each thread; it is
 * hardly ever set but by the main thread, at the beginning.
 */
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { Stopped } from '../stopped.ts';
import { SETTINGS, UNTOLD, type Value } from './setting-kinds.ts';

/** By the names of SETTINGS. */
export type Settings = Readonly<Record<string, Value>>;

const KINDS = Object.entries(SETTINGS);

export function isSameSettings(one: Settings, other: Settings): boolean {
  return KINDS.every(([key]) => one[key] === other[key]);
}

/**
 * @param like what is untold there is not asked for
 * @throws ConfinedError: it can make no calls for us
 */
export function askSettings(stopped: Stopped, like?: Settings): Settings {
  const { target } = stopped;
  return withItsCalls(stopped, (remote) =>
    Object.fromEntries(
      KINDS.map(([key, { ask }]) => {
        if (like?.[key] === UNTOLD) return [key, UNTOLD];
        const value = ask({ ...remote(), target });
        return [key, typeof value === 'number' && value < 0 ? UNTOLD : value];
      }),
    ),
  );
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
  const { target } = stopped;
  return withItsCalls(stopped, (remote) => {
    const [changed, refused]: [string[], string[]] = [[], []];
    for (const [key, { name, write }] of KINDS) {
      const [present = UNTOLD, then = UNTOLD] = [now[key], wanted[key]];
      // One that may not be asked for any more, as rights were dropped, may be as it was.
      if (present === then || then === UNTOLD || present === UNTOLD) continue;
      const mustStay = isSomebodyElse && key === 'dumpable';
      const isBack = !mustStay && write({ ...remote(), target }, present, then);
      (isBack ? changed : refused).push(name);
    }
    return { changed, refused };
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
