/**
 * Limits of resources, getrlimit(2). The program sets them itself: what it may not, as a hard limit
 * that was lowered since, the supervisor tries, and is seldom allowed to either (CAP_SYS_RESOURCE).
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { parseLimits, type TextLimit } from '../../procfs/limits.ts';
import { clockGettime, CPUCLOCK_PROF, processClock } from '../../sys/clock.ts';
import { RLIMIT_CPU, RLIMIT_SIZE, setLimitOf } from '../../sys/prlimit.ts';
import type { Stopped } from '../stopped.ts';

const INFINITE = (1n << 64n) - 1n;
const NS_PER_S = 1e9;

interface WideLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Give the program the limits of `wanted`; in words which of them it does not have. */
export function putLimitsBack(stopped: Stopped, now: Uint8Array, wanted: Uint8Array): string[] {
  const current = parse(now);
  return parse(wanted).flatMap((limit, resource) => {
    const present = current[resource];
    if (present?.soft === limit.soft && present.hard === limit.hard) return [];
    const named = `${limit.name} (soft ${limit.soft}, hard ${limit.hard})`;
    const then = widen(limit);
    if (resource === RLIMIT_CPU && isUsedUp(stopped, then)) {
      return [`${named} stays as it is: it is used up by now, which would be the end`];
    }
    if (set(stopped, resource, then)) return [];
    const hard = present === undefined ? then.hard : widen(present).hard;
    const isPart = set(stopped, resource, { soft: then.soft < hard ? then.soft : hard, hard });
    const what = isPart ? 'only the soft limit is, as far as it may' : 'it stays as it is';
    return [`${named} may not be put back: ${what}`];
  });
}

function set(stopped: Stopped, resource: number, { soft, hard }: WideLimit): boolean {
  const { calls, scratch } = stopped.remote();
  const bytes = Buffer.alloc(RLIMIT_SIZE);
  bytes.writeBigUInt64LE(soft, 0);
  bytes.writeBigUInt64LE(hard, 8);
  if (calls.call(SYS.prlimit64, 0, resource, scratch.put(bytes), 0) === 0) return true;
  return setLimitOf(stopped.pid, resource, bytes);
}

/** The kernel would send SIGXCPU, or SIGKILL, at once. */
function isUsedUp({ pid }: Stopped, { soft, hard }: WideLimit): boolean {
  const usedNs = clockGettime(processClock(pid, CPUCLOCK_PROF)) ?? 0;
  const least = soft < hard ? soft : hard;
  return Number(least) <= usedNs / NS_PER_S + 1;
}

function parse(text: Uint8Array): TextLimit[] {
  return parseLimits(Buffer.from(text).toString('latin1'));
}

function widen({ soft, hard }: TextLimit): WideLimit {
  const value = (word: string): bigint => (word === 'unlimited' ? INFINITE : BigInt(word));
  return { soft: value(soft), hard: value(hard) };
}
