/**
 * The program traces itself: debuggers and test frameworks started in it, crash handlers, leak
 * checkers. A thread has one tracer, so belay gives way: the process that is to be traced is let go
 * before the call is made.
 *
 *   PTRACE_TRACEME        the caller's own process
 *   PTRACE_ATTACH, SEIZE  that of the thread it names, if it is one of the program's
 *
 * Calls that would be refused all the same (its own process, another user's) change nothing. Nor do
 * those upon strangers, which the kernel answers as it does without us.
 */
import { readlinkSync } from 'node:fs';
import { readTracedTid } from '../arch/x64/trace-calls.ts';
import { hold, whyNotHeld } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { IdSet } from '../procfs/status.ts';
import { readStatus } from '../tasks/read-status.ts';
import type { Thread } from '../tracee/thread.ts';
import { letHeldGo } from './let-go.ts';
import type { Program } from './program.ts';
import type { Supervision } from './supervision.ts';

const CAP_SYS_PTRACE = 1n << 19n;
/** An exec breaks a hold off. Chosen: a program that execs more often in that time has no point. */
const HOLDS_MAX = 5;

/** A thread is at a ptrace call that would make a tracee. Its registers are fetched. */
export function giveWayToTracer(
  supervisor: Supervision,
  process_: TracedProcess,
  thread: Thread,
): void {
  const traced = findTraced(supervisor, process_, thread);
  if (traced !== undefined) {
    if (supervisor.postpones(thread, traced.group)) return;
    // Stops of its own threads are to be handled after this one.
    process_.group.isHeld = true;
    if (traced === process_) giveWay(supervisor, traced);
    else if (!traced.group.isHeld) {
      giveWay(supervisor, traced);
      supervisor.release(traced);
    }
  }
  supervisor.release(process_, thread);
}

function giveWay(supervisor: Supervision, traced: TracedProcess): void {
  let outcome = hold(traced);
  for (let tries = 1; outcome === 'execed' && tries < HOLDS_MAX; tries += 1) {
    outcome = hold(traced);
  }
  if (outcome === 'ended') return;
  if (outcome !== 'held') {
    const { message } = whyNotHeld(traced, outcome);
    supervisor.warn(traced, `no other process can trace it: ${message}`);
    return;
  }
  letHeldGo({ pump: traced.stopped.pump, program: supervisor.program }, traced);
  const reason = 'another process traces it';
  supervisor.news.tell({ type: 'detach', time: Date.now(), pid: traced.pid, reason });
}

/** The process that the call would make a tracee of, if it is one of ours; undefined: it is not. */
function findTraced(
  { program }: Supervision,
  process_: TracedProcess,
  { registers }: Thread,
): TracedProcess | undefined {
  const tid = readTracedTid(registers);
  if (tid === undefined) return process_;
  const traced = findByOwnId(program, process_, tid);
  if (traced === undefined || traced === process_) return undefined;
  return mayTrace(process_.pid, traced.pid) ? traced : undefined;
}

/** The process of the thread that the caller knows as `tid`. */
function findByOwnId(
  { processes }: Program,
  { pid, stopped: { pump } }: TracedProcess,
  tid: number,
): TracedProcess | undefined {
  const namespace = readNamespace(pid);
  if (namespace === readNamespace('self')) {
    const group = pump.threads.get(tid)?.group;
    return group === undefined ? undefined : processes.get(group.pid);
  }
  for (const each of processes.values()) {
    if (readNamespace(each.pid) !== namespace) continue;
    for (const other of each.group.threads.keys()) {
      if (each.stopped.ownIds.ownIdOf(other) === tid) return each;
    }
  }
  return undefined;
}

function readNamespace(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}

/** Whether the kernel may allow it: where it surely does not, nobody is to lose points for it. */
function mayTrace(tracerPid: number, tracedPid: number): boolean {
  const tracer = readStatus(tracerPid);
  const traced = readStatus(tracedPid);
  if (tracer === undefined || traced === undefined) return true;
  if ((tracer.capabilitiesEffective & CAP_SYS_PTRACE) !== 0n) return true;
  return isSameOwner(tracer.uid.real, traced.uid) && isSameOwner(tracer.gid.real, traced.gid);
}

function isSameOwner(id: number, { real, effective, saved }: IdSet): boolean {
  return id === real && id === effective && id === saved;
}
