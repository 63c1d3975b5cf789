/** In which namespaces, groups and sessions a process is: what is entered is not left again. */
import { readFileSync, readlinkSync } from 'node:fs';

const SPACES = ['cgroup', 'ipc', 'mnt', 'net', 'time', 'user', 'uts'] as const;
/** Which begin with the next child. */
const SPACES_OF_CHILDREN = ['pid', 'time'] as const;
const NICE = /nice .*/;

/**
 * What the link says of a namespace that has no process yet, as the one that unshare(2) makes for
 * children; and of one that the kernel does not have.
 */
const EMPTY = 'none';

/** How each is told of when it is another. */
const SAY = {
  space: (name: string) => `it is in another ${name} namespace since, and stays there`,
  ofChildren: (name: string) => `children get another ${name} namespace since: that stays so`,
  groups: 'it is in another control group since, and stays there',
  login: 'its login uid (loginuid) is another since, and stays',
  nice: 'the nice value of its session’s autogroup is another since, and stays',
} as const;

/** By what is said of another one; what cannot be looked at is left out. */
export type Surroundings = Readonly<Record<string, string>>;

export function readSurroundings(tid: number): Surroundings {
  const readSpace = (name: string): string | undefined =>
    tryRead(() => readlinkSync(`/proc/${tid}/ns/${name}`), EMPTY);
  const readText = (name: string): string | undefined =>
    tryRead(() => readFileSync(`/proc/${tid}/${name}`, 'latin1'));
  const found = [
    ...SPACES.map((name) => [SAY.space(name), readSpace(name)] as const),
    ...SPACES_OF_CHILDREN.map(
      (name) => [SAY.ofChildren(name), readSpace(`${name}_for_children`)] as const,
    ),
    [SAY.groups, readText('cgroup')] as const,
    [SAY.login, readText('loginuid')] as const,
    // It is named after the session, which the program leaves by setsid(2): told by others.
    [SAY.nice, NICE.exec(readText('autogroup') ?? '')?.[0]] as const,
  ];
  return Object.fromEntries(
    found.flatMap(([text, value]) => (value === undefined ? [] : [[text, value] as const])),
  );
}

export function isSameSurroundings(one: Surroundings, other: Surroundings): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}

/** What is to be said of those that are others than at the point. */
export function nameEntered(then: Surroundings, now: Surroundings): string[] {
  return Object.keys(then).filter((name) => {
    // One that was empty has got its first process: it is the same.
    return name in now && then[name] !== now[name] && then[name] !== EMPTY;
  });
}

function tryRead(read: () => string, absent?: string): string | undefined {
  try {
    return read();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? absent : undefined;
  }
}
