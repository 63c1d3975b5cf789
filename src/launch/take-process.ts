/** Takes one running process under supervision: wholly, or as if it had not been tried. */
import { constants } from 'node:os';
import { hold } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { BelayError } from '../errors.ts';
import { isKernelWorker } from '../procfs/stat.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { chooseThread } from '../resources/stopped.ts';
import { letGo } from '../supervisor/let-go.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { ptraceSeize } from '../sys/ptrace.ts';
import { listThreads } from '../tasks/list-threads.ts';
import { readStat } from '../tasks/read-stat.ts';
import { readStatus } from '../tasks/read-status.ts';
import { TRACE_OPTIONS } from '../tracee/trace-options.ts';
import { installFilter } from './install-filter.ts';

const { EPERM, ESRCH } = constants.errno;

/**
 * Seize every thread, install the filter, and let the process run on. False: a thread of it is in
 * vfork(2), say, and cannot be stopped now; nobody has been held up, and it can be tried again.
 *
 * @param startTicks when the process that is meant started: another one may have its pid by now
 * @throws BelayError ESRCH, EPERM, EAGAIN, and what installing a filter throws; it is let go then
 */
export function takeProcess(
  supervisor: Supervisor,
  process_: TracedProcess,
  startTicks?: number,
): boolean {
  try {
    if (!isStoppable(supervisor, process_.pid)) return false;
    seizeThreads(supervisor, process_);
    if (startTicks !== undefined && readStartTime(process_.pid) !== startTicks) {
      throw hasEnded(process_.pid);
    }
    if (!holdForAttach(process_)) {
      supervisor.release(process_);
      return false;
    }
    installFilter(supervisor, process_, chooseThread(process_.group));
  } catch (error) {
    letGo(supervisor, process_);
    throw error;
  }
  supervisor.release(process_);
  return true;
}

/** One in vfork(2) cannot be stopped before its child execs or ends. */
function isStoppable({ pump }: Supervisor, pid: number): boolean {
  return !listThreadsOrThrow(pid).some((tid) => {
    const stat = readStat(pid, tid);
    return stat?.state === 'disk-sleep' && !isKernelWorker(stat) && !pump.threads.has(tid);
  });
}

/** Whether it is held; what is in vfork(2) comes out of it, and is to be let run on until then. */
function holdForAttach(process_: TracedProcess): boolean {
  const outcome = hold(process_);
  if (outcome === 'held' || outcome === 'in-vfork') return outcome === 'held';
  if (outcome === 'stuck') throw cannotStop(process_.pid);
  throw hasEnded(process_.pid);
}

function hasEnded(pid: number): BelayError {
  return new BelayError('ESRCH', `cannot attach to process ${pid}: it has ended`);
}

export function cannotStop(pid: number): BelayError {
  return new BelayError('EAGAIN', `cannot attach to process ${pid}: a thread does not stop`, {
    hint: 'it is in vfork, or waits for a device or a file system; try again',
  });
}

/** New threads come up while we seize: those of a seized thread are ours by themselves. */
function seizeThreads({ pump }: Supervisor, { pid, group }: TracedProcess): void {
  for (let found = 1; found > 0;) {
    found = 0;
    for (const tid of listThreadsOrThrow(pid)) {
      if (pump.threads.has(tid) || !runsProgram(pid, tid)) continue;
      const errno = ptraceSeize(tid, TRACE_OPTIONS);
      if (errno === 0) {
        pump.add(tid, group);
        found += 1;
      } else if (errno !== ESRCH && !isOursOrGone(pid, tid)) throw cannotSeize(pid, errno);
    }
  }
}

/**
 * Not a first thread that has ended before the others; nor a worker that the kernel lets run in the
 * process, for io_uring say: it can be seized, but never comes by where it would stop.
 */
function runsProgram(pid: number, tid: number): boolean {
  const stat = readStat(pid, tid);
  return stat !== undefined && stat.state !== 'zombie' && !isKernelWorker(stat);
}

/** Who has ended cannot be seized, nor one whose beginning we have not been told of yet. */
function isOursOrGone(pid: number, tid: number): boolean {
  return !runsProgram(pid, tid) || readTracer(tid) === process.pid;
}

/** 0: nobody traces it, or it is gone. */
export function readTracer(tid: number): number {
  return readStatus(tid)?.tracerPid ?? 0;
}

function listThreadsOrThrow(pid: number): number[] {
  const tids = listThreads(pid);
  if (tids.length === 0) throw hasEnded(pid);
  return tids;
}

function cannotSeize(pid: number, errno: number): BelayError {
  if (errno !== EPERM) {
    return new BelayError('EUNSUPPORTED', `cannot attach to process ${pid}: errno ${errno}`);
  }
  return new BelayError('EPERM', `cannot attach to process ${pid}: not permitted`, {
    hint: 'it is another user’s, or traced already, or Yama forbids it; see belay doctor',
  });
}
