/** Whether a running process can be taken under supervision: asked before anything is made. */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { BelayError, type ErrorCode } from '../errors.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { readStateEntries } from '../registry/state-entries.ts';
import { readBaseDirectories } from '../registry/all-bases.ts';
import { listThreads } from '../tasks/list-threads.ts';
import { readStatus } from '../tasks/read-status.ts';
import { whyNotPermitted, type Standing } from './why-not-permitted.ts';

/** Why not: a code, words that follow "cannot attach to process N: ", and what can be done. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

/** `Seccomp:` in proc_pid_status(5). */
const STRICT_MODE = 1;
const STRICT: Refusal = {
  code: 'EPERM',
  why: 'it is in strict seccomp mode, in which nothing can catch its calls',
  hint: 'begin it with belay run: it is then refused that mode',
};
const SUPERVISOR: Refusal = {
  code: 'EPERM',
  why: 'it is a supervisor of belay',
  hint: 'attach to a program instead',
};

/**
 * Returns if process `pid` can be attached to, as far as can be told without trying: the thread
 * through which it is seen in /proc, since the first can have ended before the others.
 *
 * @throws BelayError ESRCH, EPERM, EALREADYTRACED
 */
export function assertAttachable(pid: number): number {
  const refusal = listSupervisors().has(pid) ? SUPERVISOR : whyNotAttachable(pid);
  if (refusal === undefined) return findLiving(pid) ?? pid;
  const { code, why, hint } = refusal;
  const options = hint === undefined ? {} : { hint };
  throw new BelayError(code, `cannot attach to process ${pid}: ${why}`, options);
}

/** Undefined: it can be tried. */
export function whyNotAttachable(pid: number): Refusal | undefined {
  const status = readStatus(pid);
  if (status === undefined || readStartTime(pid) === undefined) {
    return { code: 'ESRCH', why: 'there is no such process' };
  }
  if (status.tgid !== pid) {
    return { code: 'ESRCH', why: 'it is a thread', hint: `its process is ${status.tgid}` };
  }
  const living = findLiving(pid);
  if (living === undefined) return { code: 'EPERM', why: 'it is part of the kernel' };
  return whyNotTraceable(pid) ?? whyForbidden(pid, living);
}

/** A thread that still has the memory. */
function findLiving(pid: number): number | undefined {
  const hasMemory = (tid: number): boolean => readStatus(pid, tid)?.virtualKb !== undefined;
  return hasMemory(pid) ? pid : listThreads(pid).find(hasMemory);
}

/** A thread may have a tracer, or be confined, of its own. */
function whyNotTraceable(pid: number): Refusal | undefined {
  for (const tid of listThreads(pid)) {
    const status = readStatus(pid, tid);
    if (status?.seccomp === STRICT_MODE) return STRICT;
    const tracer = status?.tracerPid ?? 0;
    if (tracer === 0) continue;
    const name = readStatus(tracer)?.name;
    const who = `process ${tracer}${name === undefined ? '' : ` (${name})`}`;
    const hint = 'a process has one tracer at most: end that one first';
    return { code: 'EALREADYTRACED', why: `${who} traces it already`, hint };
  }
  return undefined;
}

/** To open this file takes what it takes to attach: ptrace(2), "PTRACE_MODE_ATTACH_FSCREDS". */
function whyForbidden(pid: number, living: number): Refusal | undefined {
  try {
    closeSync(openSync(`/proc/${living}/mem`, 'r'));
    return undefined;
  } catch {
    const us = readStanding(process.pid);
    const target = readStanding(pid);
    const stat = statSync(`/proc/${pid}/status`, { throwIfNoEntry: false });
    if (us === undefined || target === undefined || stat === undefined) {
      return { code: 'ESRCH', why: 'it has ended' };
    }
    const forbidden = whyNotPermitted(us, { ...target, owner: stat.uid }, readYama());
    return { code: 'EPERM', ...forbidden };
  }
}

function readStanding(pid: number): Standing | undefined {
  const status = readStatus(pid);
  if (status === undefined) return undefined;
  return { uid: status.uid, gid: status.gid, permitted: status.capabilitiesPermitted };
}

function readYama(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'latin1'));
  } catch {
    return 0;
  }
}

/** The supervisors that this user may see. */
export function listSupervisors(): Set<number> {
  const entries = readBaseDirectories().flatMap((base) => readStateEntries(base, () => undefined));
  return new Set(entries.flatMap(({ isLive, file }) => (isLive ? [file.supervisorPid] : [])));
}
