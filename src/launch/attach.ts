/** `belay attach`: takes a running process under supervision, and lets one go. */
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { TracedProcess } from '../engine/traced-process.ts';
import { hold } from '../engine/operations.ts';
import { chooseThread } from '../resources/stopped.ts';
import { BelayError } from '../errors.ts';
import { isKernelWorker, parseStat, type ProcessStat } from '../procfs/stat.ts';
import { ptraceDetach, ptraceSeize } from '../sys/ptrace.ts';
import type { Thread } from '../tracee/thread.ts';
import { TRACE_OPTIONS } from '../tracee/trace-options.ts';
import { installFilter } from './install-filter.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** Chosen: each takes a fifth of a second at most when a thread does not stop. */
const HOLDS_MAX = 5;
/** Chosen: how long one that cannot be stopped is waited for before anything is touched. */
const STOPPABLE_MAX_MS = 2000;
const LOOK_AGAIN_MS = 10;
const { EPERM, ESRCH } = constants.errno;

/** Seize every thread, install the filter, and let the process run on. */
export function attach(supervisor: Supervisor, process_: TracedProcess): void {
  awaitStoppable(process_.pid);
  seizeThreads(supervisor, process_);
  holdForAttach(supervisor, process_);
  installFilter(supervisor, process_, chooseThread(process_.group));
  supervisor.release(process_);
}

/** One in vfork(2) cannot be stopped before its child execs or ends: wait, and hold up nobody. */
function awaitStoppable(pid: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + STOPPABLE_MAX_MS;
  while (listThreads(pid).some((tid) => isUninterruptible(pid, tid))) {
    if (performance.now() > deadline) throw cannotStop(pid);
    Atomics.wait(pause, 0, 0, LOOK_AGAIN_MS);
  }
}

function isUninterruptible(pid: number, tid: number): boolean {
  const stat = readStat(`/proc/${pid}/task/${tid}/stat`);
  return stat?.state === 'disk-sleep' && !isKernelWorker(stat);
}

function holdForAttach(supervisor: Supervisor, process_: TracedProcess): void {
  const outcome = hold(process_);
  if (outcome === 'held') return;
  supervisor.release(process_);
  if (outcome !== 'gone') throw cannotStop(process_.pid);
  throw new BelayError('ESRCH', `cannot attach to process ${process_.pid}: it ended`);
}

function cannotStop(pid: number): BelayError {
  return new BelayError('EAGAIN', `cannot attach to process ${pid}: a thread does not stop`, {
    hint: 'it is in vfork, or waits for a device or a file system; try again',
  });
}

/** New threads come up while we seize: those of a seized thread are ours by themselves. */
function seizeThreads(supervisor: Supervisor, process_: TracedProcess): void {
  const { pid } = process_;
  for (let found = 1; found > 0;) {
    found = 0;
    for (const tid of listThreads(pid)) {
      if (supervisor.pump.threads.has(tid) || !runsProgram(pid, tid)) continue;
      const errno = ptraceSeize(tid, TRACE_OPTIONS);
      if (errno === 0) {
        supervisor.pump.add(tid, process_.group);
        found += 1;
      } else if (errno !== ESRCH && tid === pid) throw cannotSeize(pid, errno);
    }
  }
}

/**
 * Not a first thread that has ended before the others; nor a worker that the kernel lets run in the
 * process, for io_uring say: it can be seized, but never comes by where it would stop.
 */
function runsProgram(pid: number, tid: number): boolean {
  const stat = readStat(`/proc/${pid}/task/${tid}/stat`);
  return stat !== undefined && stat.state !== 'zombie' && !isKernelWorker(stat);
}

function readStat(path: string): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}

function listThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    throw new BelayError('ESRCH', `cannot attach to process ${pid}: no such process`);
  }
}

function cannotSeize(pid: number, errno: number): BelayError {
  if (errno !== EPERM) {
    return new BelayError('EUNSUPPORTED', `cannot attach to process ${pid}: errno ${errno}`);
  }
  return new BelayError('EPERM', `cannot attach to process ${pid}: not permitted`, {
    hint: 'it is another user’s, or traced already, or Yama forbids it; see belay doctor',
  });
}

/** The call that our stop broke off: as it would have gone on without us, if later. */
function makeCallAgain({ pump }: Supervisor, thread: Thread): void {
  const { registers } = thread;
  if (!registers.isStoppedWithoutRestart() && !pump.confinement.mayForbidRestart(thread)) return;
  registers.setRestartUnlessHandled(
    registers.isRestartSyscall() ? thread.restartedCall : undefined,
  );
  thread.storeRegisters();
}

/** Let every process go, as if belay had never been there. */
export function detachAll(supervisor: Supervisor): void {
  for (const process_ of [...supervisor.program.processes.values()]) {
    // An exec breaks a hold off, and is over then. Who cannot be stopped is let go by our end.
    for (let tries = 0; tries < HOLDS_MAX && process_.group.threads.size > 0; tries += 1) {
      if (supervisor.pump.hold(process_.group, true) === 'held') break;
    }
    if (process_.group.threads.size === 0) continue;
    process_.resources?.close();
    for (const thread of process_.group.threads.values()) {
      const { stop } = thread;
      if (stop?.kind === 'interrupt' && thread.fetchRegisters()) {
        makeCallAgain(supervisor, thread);
      }
      ptraceDetach(thread.tid, stop?.kind === 'signal' ? stop.signo : 0);
    }
    supervisor.program.processes.delete(process_.pid);
  }
}
