/** Whether a running process can be taken under supervision: asked before anything is made. */
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { BelayError, type ErrorCode } from '../errors.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { readStateEntries } from '../registry/state-entries.ts';
import { readBaseDirectories } from '../registry/state-files.ts';
import { parseStatus, type ProcessStatus } from '../procfs/status.ts';

/** Why not: a code, words that follow "cannot attach to process N: ", and what can be done. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

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
  const status = readStatus(`/proc/${pid}/status`);
  if (status === undefined || readStartTime(pid) === undefined) {
    return { code: 'ESRCH', why: 'there is no such process' };
  }
  if (status.tgid !== pid) {
    return { code: 'ESRCH', why: 'it is a thread', hint: `its process is ${status.tgid}` };
  }
  const living = findLiving(pid);
  if (living === undefined) return { code: 'EPERM', why: 'it is part of the kernel' };
  return whyNotTraceable(pid) ?? whyNotPermitted(pid, living);
}

/** A thread that still has the memory. */
function findLiving(pid: number): number | undefined {
  const hasMemory = (tid: number): boolean =>
    readStatus(`/proc/${pid}/task/${tid}/status`)?.virtualKb !== undefined;
  return hasMemory(pid) ? pid : listThreads(pid).find(hasMemory);
}

/** A thread may have a tracer of its own. */
function whyNotTraceable(pid: number): Refusal | undefined {
  for (const tid of listThreads(pid)) {
    const tracer = readStatus(`/proc/${pid}/task/${tid}/status`)?.tracerPid ?? 0;
    if (tracer === 0) continue;
    const name = readStatus(`/proc/${tracer}/status`)?.name;
    const who = `process ${tracer}${name === undefined ? '' : ` (${name})`}`;
    const hint = 'a process has one tracer at most: end that one first';
    return { code: 'EALREADYTRACED', why: `${who} traces it already`, hint };
  }
  return undefined;
}

/** To open this file takes what it takes to attach: ptrace(2), "PTRACE_MODE_ATTACH_FSCREDS". */
function whyNotPermitted(pid: number, living: number): Refusal | undefined {
  try {
    closeSync(openSync(`/proc/${living}/mem`, 'r'));
    return undefined;
  } catch {
    if (readStartTime(pid) === undefined) return { code: 'ESRCH', why: 'it has ended' };
    const hint = 'attach as the user it belongs to, or as root; see belay doctor';
    return { code: 'EPERM', why: 'not permitted', hint };
  }
}

/** The supervisors that this user may see. */
export function listSupervisors(): Set<number> {
  const entries = readBaseDirectories().flatMap((base) => readStateEntries(base, () => undefined));
  return new Set(entries.flatMap(({ isLive, file }) => (isLive ? [file.supervisorPid] : [])));
}

/** None: it has ended. */
function listThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

function readStatus(path: string): ProcessStatus | undefined {
  try {
    return parseStatus(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}
