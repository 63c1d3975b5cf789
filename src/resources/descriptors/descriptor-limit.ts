/** How many descriptors a program may have: RLIMIT_NOFILE, which it may have lowered since. */
import { readFileSync } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import { RLIMIT_NOFILE } from '../../sys/prlimit.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';

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

/** Only the soft limit: the program may have it where it likes below the hard one. */
export function setSoftLimit(remote: RemoteSource, soft: number, hard: number): void {
  const { calls, scratch } = remote();
  const bytes = Buffer.alloc(RLIMIT_SIZE);
  bytes.writeBigUInt64LE(BigInt(soft), 0);
  bytes.writeBigUInt64LE(BigInt(hard), 8);
  calls.call(SYS.prlimit64, 0, RLIMIT_NOFILE, scratch.put(bytes), 0);
}

function parseLimit(text: string | undefined): number {
  return text === undefined || text === 'unlimited' ? Infinity : Number(text);
}
