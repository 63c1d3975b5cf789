/** How many descriptors a program may have: RLIMIT_NOFILE, which it may have lowered since. */
import { readFileSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import { RLIMIT_NOFILE } from '../../sys/prlimit.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import type { Claims } from '../claims.ts';
import type { Stopped } from '../stopped.ts';

const RLIMIT_SIZE = 16;

export interface DescriptorLimit {
  readonly soft: number;
  readonly hard: number;
}

export function readDescriptorLimit(pid: number | 'self'): DescriptorLimit {
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1');
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return { soft: parseLimit(soft), hard: parseLimit(hard) };
}

/**
 * Have numbers of ours above all that are below `limit.hard`, until the claims are given back: the
 * program's own soft limit is in the way, and is set again then.
 */
export function claimAllNumbers(
  { remote }: Stopped,
  { soft, hard }: DescriptorLimit,
  claims: Claims,
): void {
  const set = (limit: number): number => {
    setSoftLimit(remote, limit, hard);
    return 0;
  };
  claims.acquire(
    'prlimit',
    () => set(hard),
    () => set(soft),
  );
}

/**
 * The lowest number that a descriptor of ours may have among the program's, so that it is in the
 * way of none that is to be filled; 0: there is no such number.
 *
 * @param taken numbers that are open, or are to be
 */
export function findOwnNumber(taken: ReadonlySet<number>, hard: number): number {
  let highest = 0;
  for (const fd of taken) highest = Math.max(highest, fd);
  if (highest + 1 < hard) return highest + 1;
  // There may be some above a limit that was lowered since.
  for (let fd = Math.min(highest, hard) - 1; fd > 0; fd -= 1) if (!taken.has(fd)) return fd;
  return 0;
}

/** Only the soft limit: the program may have it where it likes below the hard one. */
function setSoftLimit(remote: RemoteSource, soft: number, hard: number): void {
  const { calls, scratch } = remote();
  const bytes = Buffer.alloc(RLIMIT_SIZE);
  bytes.writeBigUInt64LE(BigInt(soft), 0);
  bytes.writeBigUInt64LE(BigInt(hard), 8);
  calls.call(SYS.prlimit64, 0, RLIMIT_NOFILE, scratch.put(bytes), 0);
}

function parseLimit(text: string | undefined): number {
  return text === undefined || text === 'unlimited' ? Infinity : Number(text);
}
