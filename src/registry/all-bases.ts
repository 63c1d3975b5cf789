/**
 * Where state directories are looked for: in one's own base, and by root in everybody's.
 *
 * Anybody can make names in /tmp, and as many as there is room for. So the bases of users who run
 * something are looked at first, whatever else is there, and of the names only those count that
 * belong to the user they name; what is left out is said.
 */
import { lookAt, ownerOf } from './look-at.ts';
import {
  listNames,
  ownBaseDirectory,
  ownSurroundings,
  type BaseDirectory,
  type Surroundings,
} from './state-files.ts';

/** Chosen: a second's worth of names. */
const USERS_MAX_COUNT = 65_536;
/** Chosen: as many as are told of. */
const FAULTY_MAX_COUNT = 16;

/** Told of what is not looked at, and why. */
type LeaveOut = (path: string, why: string) => void;

export interface Place {
  readonly parent: string;
  /** One name for each user: with noughts before it a number has others. */
  readonly wanted: RegExp;
  readonly pathOf: (uid: number) => string;
  /** What a user must own for it to be that user's. */
  readonly ownOf: (uid: number) => string;
}

const PLACES: readonly Place[] = [
  {
    parent: '/run/user',
    wanted: /^(0|[1-9]\d{0,9})$/,
    pathOf: (uid) => `/run/user/${uid}/belay`,
    ownOf: (uid) => `/run/user/${uid}`,
  },
  {
    parent: '/tmp',
    wanted: /^belay-(0|[1-9]\d{0,9})$/,
    pathOf: (uid) => `/tmp/belay-${uid}`,
    ownOf: (uid) => `/tmp/belay-${uid}`,
  },
];

/** The bases to look in: one's own, and for root everybody's. */
export function readBaseDirectories(
  surroundings: Surroundings = ownSurroundings(),
  leaveOut: LeaveOut = () => undefined,
): BaseDirectory[] {
  const own = ownBaseDirectory(surroundings);
  const override = surroundings.env.BELAY_DIR;
  if (surroundings.uid !== 0 || (override !== undefined && override !== '')) return [own];
  const running = [...readRunningUsers()].flatMap((uid) =>
    PLACES.map(({ pathOf }) => ({ path: pathOf(uid), uid })),
  );
  const named = PLACES.flatMap((place) => listBases(place, leaveOut));
  const all = [own, ...running, ...named].map((base) => [base.path, base] as const);
  return [...new Map(all).values()];
}

/** Those of a place that can be their users', and some that cannot, of at most `maxCount` users. */
export function listBases(
  { parent, wanted, pathOf, ownOf }: Place,
  leaveOut: LeaveOut,
  maxCount = USERS_MAX_COUNT,
): BaseDirectory[] {
  const owned: BaseDirectory[] = [];
  const faulty: BaseDirectory[] = [];
  const isWhole = listNames(parent, wanted, (name) => {
    const uid = Number(wanted.exec(name)?.[1]);
    const list = ownerOf(ownOf(uid)) === uid ? owned : faulty;
    if (list === owned || list.length < FAULTY_MAX_COUNT) list.push({ path: pathOf(uid), uid });
    return owned.length < maxCount;
  });
  if (!isWhole) leaveOut(parent, 'it has too many names; some are not looked at');
  return [...owned, ...faulty];
}

/** Whoever has a process has an entry there, which is the user's but for some of root's rights. */
function readRunningUsers(): Set<number> {
  const users = new Set<number>();
  listNames('/proc', /^\d+$/, (name) => {
    const found = lookAt(`/proc/${name}`);
    if (found !== undefined && !('fault' in found)) users.add(found.uid);
    return true;
  });
  return users;
}
