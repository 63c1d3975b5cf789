/**
 * What the lines of /proc/PID/status that tell who a thread is say, and whether it may become who
 * it was: by ids that it has kept (as seteuid(2) does), or capabilities that it is permitted.
 *
 * Source: credentials(7), capabilities(7); kernel/sys.c, __sys_setresuid; security/commoncap.c.
 */
const CAP_SETGID = 1n << 6n;
const CAP_SETUID = 1n << 7n;

export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

export interface Rights {
  readonly users: Ids;
  readonly groups: Ids;
  readonly more: readonly number[];
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  /** Of the bounding and the ambient set, which nothing is raised in again. */
  readonly rest: string;
}

export function parseRights(lines: Uint8Array): Rights {
  const text = Buffer.from(lines).toString('latin1');
  const field = (name: string): string => new RegExp(`^${name}:\t(.*)$`, 'm').exec(text)?.[1] ?? '';
  const numbers = (name: string): number[] => (field(name).match(/\d+/g) ?? []).map(Number);
  const ids = (name: string): Ids => {
    const [real = -1, effective = -1, saved = -1, fileSystem = -1] = numbers(name);
    return { real, effective, saved, fileSystem };
  };
  const capabilities = (name: string): bigint => BigInt(`0x${field(name) || '0'}`);
  return {
    users: ids('Uid'),
    groups: ids('Gid'),
    more: numbers('Groups'),
    inheritable: capabilities('CapInh'),
    permitted: capabilities('CapPrm'),
    effective: capabilities('CapEff'),
    rest: `${field('CapBnd')} ${field('CapAmb')}`,
  };
}

/** All of it, or nothing is to be tried. */
export function mayBecome(now: Rights, then: Rights): boolean {
  const { permitted } = now;
  if (now.rest !== then.rest || (then.permitted & ~permitted) !== 0n) return false;
  if ((then.inheritable & ~(now.inheritable | permitted)) !== 0n) return false;
  const isSameMore = now.more.join(' ') === then.more.join(' ');
  if (!isSameMore && (permitted & CAP_SETGID) === 0n) return false;
  if ((permitted & CAP_SETGID) === 0n && !keeps(now.groups, then.groups)) return false;
  if ((permitted & CAP_SETUID) === 0n && !keeps(now.users, then.users)) return false;
  // Who is not root in any way any more has lost all capabilities.
  return !(isRoot(now.users) && !isRoot(then.users) && then.permitted !== 0n);
}

function isRoot({ real, effective, saved }: Ids): boolean {
  return [real, effective, saved].includes(0);
}

/** Each of its ids is one of those that it has now. */
function keeps(now: Ids, then: Ids): boolean {
  const own = [now.real, now.effective, now.saved];
  return [then.real, then.effective, then.saved].every((id) => own.includes(id));
}
