/**
 * The lines of /proc/PID/status, of a process or of one of its threads, that tell who it is: users,
 * groups, capabilities, no_new_privs. The kernel keeps them for each thread; libc sees to it that
 * those of a process are the same, but threads that make the calls themselves have their own.
 */
import { readFileSync } from 'node:fs';
import { LOST, Obstacle, type Named } from './resource.ts';

/** As in the line: real, effective, saved, of the file system. */
const IN_EFFECT = [1, 3];

/** By the line that tells of it. */
const WHAT: Readonly<Record<string, string>> = {
  Uid: 'users',
  Gid: 'groups',
  Groups: 'supplementary groups',
  CapInh: 'inheritable capabilities',
  CapPrm: 'permitted capabilities',
  CapEff: 'effective capabilities',
  CapBnd: 'bounding capabilities',
  CapAmb: 'ambient capabilities',
  NoNewPrivs: 'no_new_privs',
};
const OF_FILES = ['Uid', 'Gid', 'Groups', 'CapEff'];
const LINES = /^(?:Uid|Gid|Groups|Cap(?:Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):.*\n/gm;

/** As they stand in the file, one behind the other; undefined: the thread is gone. */
export function readIdentity(pid: number, tid: number): Uint8Array | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'latin1');
    return Buffer.from((status.match(LINES) ?? []).join(''), 'latin1');
  } catch {
    return undefined;
  }
}

export function isSameIdentity(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** Whether both may do the same with files. */
export function isSameRights(one: Uint8Array, other: Uint8Array): boolean {
  if (isSameIdentity(one, other)) return true;
  const [lines, others] = [parseLines(one), parseLines(other)];
  return OF_FILES.every((line) => lines.get(line) === others.get(line));
}

/** What has changed of `whose`; an obstacle where it is root now, and was not. */
export function compareIdentities(
  then: Uint8Array,
  now: Uint8Array,
  whose: string,
): readonly Named[] | Obstacle {
  const lost: Named[] = [];
  const former = parseLines(then);
  for (const [line, value] of parseLines(now)) {
    const was = former.get(line) ?? '';
    if (was === value) continue;
    if (hasBecomeRoot(line, was, value)) {
      return new Obstacle(`${whose} become root since (${line}: ${was}, now ${value})`);
    }
    const text = `${WHAT[line] ?? line} have changed since, and stay: ${was}, now ${value}`;
    lost.push({ bit: LOST.privileges, text });
  }
  return lost;
}

function hasBecomeRoot(line: string, former: string, value: string): boolean {
  if (line !== 'Uid' && line !== 'Gid') return false;
  const [then, now] = [former.split(' '), value.split(' ')];
  return IN_EFFECT.some((index) => now[index] === '0' && then[index] !== '0');
}

/** "Uid:\t0\t0\t0\t0" as "Uid", "0 0 0 0". */
function parseLines(text: Uint8Array): Map<string, string> {
  const lines = Buffer.from(text).toString('latin1').trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [name = '', ...values] = line.trimEnd().split(/[:\s]+/);
      return [name, values.join(' ')];
    }),
  );
}
