/**
 * What names anonymous mappings must be given or lose: the kernel shows them as `[anon:NAME]`, or
 * `[anon_shmem:NAME]` where the memory is shared.
 */
import type { Mapping, Range } from '../procfs/maps.ts';

/** `name` undefined: it is to have none. */
export interface NameStep extends Range {
  readonly name: string | undefined;
}

const NAMED = /^\[anon(?:_shmem)?:(.*)\]$/;

/** The mappings themselves are those of the point already. */
export function planNames(now: readonly Mapping[], wanted: readonly Mapping[]): NameStep[] {
  const steps: NameStep[] = [];
  let index = 0;
  for (const want of wanted) {
    while ((now[index]?.end ?? Infinity) <= want.start) index += 1;
    for (let at = index; ; at += 1) {
      const have = now[at];
      if (have === undefined || have.start >= want.end) break;
      const name = nameOf(want);
      if (nameOf(have) === name) continue;
      const start = Math.max(have.start, want.start);
      steps.push({ start, end: Math.min(have.end, want.end), name });
    }
  }
  return steps;
}

function nameOf({ path }: Mapping): string | undefined {
  return NAMED.exec(path)?.[1];
}
