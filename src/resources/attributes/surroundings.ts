/** In which namespaces and control groups a process is: what is entered since is not left again. */
import { readFileSync, readlinkSync } from 'node:fs';

const SPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid_for_children', 'time', 'user', 'uts'] as const;

/** By name; one that cannot be looked at is left out. */
export type Surroundings = Readonly<Record<string, string>>;

export function readSurroundings(tid: number): Surroundings {
  const found: Record<string, string> = {};
  for (const space of SPACES) {
    const place = tryRead(() => readlinkSync(`/proc/${tid}/ns/${space}`));
    if (place !== undefined) found[`${space} namespace`] = place;
  }
  const groups = tryRead(() => readFileSync(`/proc/${tid}/cgroup`, 'latin1'));
  if (groups !== undefined) found['control group'] = groups;
  return found;
}

/** The names of those that differ. */
export function compareSurroundings(one: Surroundings, other: Surroundings): string[] {
  return Object.keys(one).filter((name) => name in other && one[name] !== other[name]);
}

function tryRead(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
