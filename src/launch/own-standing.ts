/**
 * What our caller has set for the program (limits, priorities, a place in the queue of the
 * out-of-memory killer) and is not meant for us: put right before anything else is done.
 *
 * Only soft limits can be raised without privilege. What is left of a hard one that a supervisor
 * cannot live with is told beforehand, and one of processor time is watched: `cpuBudgetMs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { ownCpuMs } from '../desk/cpu-watch.ts';
import { BelayError } from '../errors.ts';
import { ignoreRequestsToEnd } from './own-signals.ts';
import { resetIoPriority } from '../sys/ioprio.ts';
import { NativeBuffer } from '../sys/libc.ts';
import {
  readOwnLimit,
  setOwnLimit,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_FSIZE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_STACK,
  RLIM_NLIMITS,
} from '../sys/prlimit.ts';
import { schedGetattr, schedSetattr, SCHED_ATTR_SIZE } from '../sys/sched-attr.ts';

/** A stopped program waits for us: go before others where that is allowed. Chosen. */
const TRACER_NICENESS = -10;
/** RLIMIT_NICE counts the other way round: getrlimit(2). */
const NICE_CEILING = 20;
const SCHED_OTHER = 0;
const SCHED_BATCH = 3;
const SCHED_IDLE = 5;

/** Measured: 45 for a program with standard streams, and one for each descriptor it has. */
const OPEN_FILES_MIN = 64;
/** Chosen: `supervisor.json` with a long command line, and the beginnings of a log. */
const FILE_SIZE_MIN = 64 * 1024;
/** Chosen: from being told to having let go takes a few milliseconds; the log takes some more. */
const CPU_RESERVE_MS = 300;
const CPU_RESERVE_SHARE = 0.1;
/** Chosen: beginning takes some 600 ms of a fast processor, and tells how fast this one is. */
const CPU_RESERVE_OF_BEGINNING = 0.5;

/** Standing of our own, as far as we may have it. */
export function takeOwnStanding(): void {
  ignoreRequestsToEnd();
  for (let resource = 0; resource < RLIM_NLIMITS; resource += 1) raiseLimit(resource);
  leaveIdlePolicy();
  raisePriority();
  resetIoPriority();
  leaveOutOfMemoryQueue();
}

/** @throws BelayError EPERM: a hard limit is less than a supervisor needs */
export function assertRoomToWork(): void {
  const files = readOwnLimit(RLIMIT_NOFILE).hard;
  if (files < OPEN_FILES_MIN) {
    throw tooSmall(`of open files (ulimit -n) is ${files}, and ${OPEN_FILES_MIN} are needed`);
  }
  const size = readOwnLimit(RLIMIT_FSIZE).hard;
  if (size < FILE_SIZE_MIN) {
    throw tooSmall(`of file sizes (ulimit -f) is ${size} bytes, and ${FILE_SIZE_MIN} are needed`);
  }
}

function tooSmall(limit: string): BelayError {
  return new BelayError('EPERM', `cannot supervise a program: the hard limit ${limit}`, {
    hint: 'start it where the limit is higher; what the program itself gets is the soft limit',
  });
}

/**
 * How much processor time we may take until it is better to let the program go than to be killed;
 * undefined: as much as we need.
 */
export function cpuBudgetMs(): number | undefined {
  const limitMs = readOwnLimit(RLIMIT_CPU).hard * 1000;
  if (limitMs === Infinity) return undefined;
  const least = Math.max(CPU_RESERVE_MS, ownCpuMs() * CPU_RESERVE_OF_BEGINNING);
  return limitMs - Math.max(least, limitMs * CPU_RESERVE_SHARE);
}

/**
 * To no limit where we may, else to the hard one. The stack is large enough, and one without limit
 * moves mappings; a core of ours would have the memory of the program in it.
 */
function raiseLimit(resource: number): void {
  const { soft, hard } = readOwnLimit(resource);
  if (resource === RLIMIT_STACK) return;
  if (resource === RLIMIT_CORE) setOwnLimit(resource, { soft: 0, hard });
  else if (hard < Infinity && setOwnLimit(resource, { soft: Infinity, hard: Infinity })) return;
  else if (soft < hard) setOwnLimit(resource, { soft: hard, hard });
}

/** Programs for idle hours, and batches: their policy, not ours. One for real time stays. */
function leaveIdlePolicy(): void {
  const attributes = new NativeBuffer(SCHED_ATTR_SIZE);
  if (!schedGetattr(0, attributes)) return;
  const policy = attributes.words[1] ?? SCHED_OTHER;
  if (policy !== SCHED_BATCH && policy !== SCHED_IDLE) return;
  attributes.words[1] = SCHED_OTHER;
  schedSetattr(0, attributes);
}

/** As far up as may be: without privilege that is what RLIMIT_NICE says. */
function raisePriority(): void {
  const allowed = Math.max(TRACER_NICENESS, NICE_CEILING - readOwnLimit(RLIMIT_NICE).soft);
  for (const niceness of [TRACER_NICENESS, allowed]) {
    if (niceness >= getPriority()) return;
    try {
      setPriority(niceness);
      return;
    } catch {
      // Not permitted: then less, or as one among equals.
    }
  }
}

/** Whoever is to be killed first when memory runs out, it is not us for the program's sake. */
function leaveOutOfMemoryQueue(): void {
  const path = '/proc/self/oom_score_adj';
  try {
    if (Number(readFileSync(path, 'latin1')) > 0) writeFileSync(path, '0');
  } catch {
    // Not permitted: then as the program.
  }
}
