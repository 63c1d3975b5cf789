/** Finds a program that has ended by what its log says of it. */
import { dirname } from 'node:path';
import { codeOf } from '../registry/look-at.ts';
import type { Ignore, StateEntry } from '../registry/state-entries.ts';
import { Allowance } from './allowance.ts';
import { readCalled } from './log-names.ts';

export interface EndedTarget {
  readonly supervision: StateEntry;
  readonly pid: number;
}

/**
 * The newest whose log knows a process of that pid, or called so; one's own come first. Each user's
 * logs are looked through for so long only, and where that is not to the end it is said once.
 */
export function findEnded(
  supervisions: readonly StateEntry[],
  wanted: number | string,
  ignore: Ignore,
): EndedTarget | undefined {
  const isOwn = ({ owner }: StateEntry): boolean => owner === process.geteuid?.();
  const others = supervisions.filter((each) => !isOwn(each));
  const allowances = new Map<number, Allowance>();
  for (const supervision of [...supervisions.filter(isOwn), ...others]) {
    const { owner, directory } = supervision;
    const allowance = allowances.get(owner) ?? new Allowance();
    allowances.set(owner, allowance);
    if (allowance.isUsedUp()) continue;
    try {
      for (const { pid, names } of readCalled(directory, allowance)) {
        if (wanted === pid || names.some((name) => name === wanted)) return { supervision, pid };
      }
    } catch (error) {
      ignore(directory, `its log cannot be read (${codeOf(error)})`);
    }
    if (allowance.isUsedUp()) {
      ignore(dirname(directory), 'its logs are too long; the older ones are not looked at');
    }
  }
  return undefined;
}
