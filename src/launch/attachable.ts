/** Whether a running process can be taken under supervision: asked before anything is made. */
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { BelayError, type ErrorCode } from '../errors.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { readStateEntries } from '../registry/state-entries.ts';
import { readBaseDirectories } from '../registry/state-files.ts';
import { parseStatus, type ProcessStatus } from '../procfs/status.ts';

/**
 * Returns if process `pid` can be attached to, as far as can be told without trying: the thread
 * through which it is seen in /proc, since the first can have ended before the others.
 *
 * @throws BelayError ESRCH, EPERM, EALREADYTRACED
 */
export function assertAttachable(pid: number): number {
  const status = readStatus(`/proc/${pid}/status`);
  if (status === undefined || readStartTime(pid) === undefined) {
    throw refusal('ESRCH', pid, 'there is no such process');
  }
  if (status.tgid !== pid) {
    throw refusal('ESRCH', pid, 'it is a thread', `its process is ${status.tgid}`);
  }
  const living = findLiving(pid, status);
  if (living === undefined) throw refusal('EPERM', pid, 'it is part of the kernel');
  if (isSupervisor(pid)) {
    throw refusal('EPERM', pid, 'it is a supervisor of belay', 'attach to a program instead');
  }
  assertUntraced(pid);
  assertPermitted(pid, living);
  return living;
}

/** A thread that still has the memory. */
function findLiving(pid: number, { virtualKb }: ProcessStatus): number | undefined {
  if (virtualKb !== undefined) return pid;
  return listThreads(pid)
    .map(Number)
    .find((tid) => readStatus(`/proc/${pid}/task/${tid}/status`)?.virtualKb !== undefined);
}

/** A thread may have a tracer of its own. */
function assertUntraced(pid: number): void {
  for (const tid of listThreads(pid)) {
    const tracer = readStatus(`/proc/${pid}/task/${tid}/status`)?.tracerPid ?? 0;
    if (tracer === 0) continue;
    const name = readStatus(`/proc/${tracer}/status`)?.name;
    const who = `process ${tracer}${name === undefined ? '' : ` (${name})`}`;
    const hint = 'a process has one tracer at most: end that one first';
    throw refusal('EALREADYTRACED', pid, `${who} traces it already`, hint);
  }
}

/** To open this file takes what it takes to attach: ptrace(2), "PTRACE_MODE_ATTACH_FSCREDS". */
function assertPermitted(pid: number, living: number): void {
  try {
    closeSync(openSync(`/proc/${living}/mem`, 'r'));
  } catch (cause) {
    if (readStartTime(pid) === undefined) throw refusal('ESRCH', pid, 'it has ended');
    const hint = 'attach as the user it belongs to, or as root; see belay doctor';
    throw new BelayError('EPERM', `cannot attach to process ${pid}: not permitted`, {
      hint,
      cause,
    });
  }
}

function isSupervisor(pid: number): boolean {
  return readBaseDirectories()
    .flatMap((base) => readStateEntries(base, () => undefined))
    .some(({ isLive, file }) => isLive && file.supervisorPid === pid);
}

function listThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    throw refusal('ESRCH', pid, 'it has ended');
  }
}

function readStatus(path: string): ProcessStatus | undefined {
  try {
    return parseStatus(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}

function refusal(code: ErrorCode, pid: number, why: string, hint?: string): BelayError {
  const options = hint === undefined ? {} : { hint };
  return new BelayError(code, `cannot attach to process ${pid}: ${why}`, options);
}
