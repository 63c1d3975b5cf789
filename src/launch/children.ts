/** The children that a program has when it is attached to: which are taken, which are left. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { asBelayError } from '../errors.ts';
import type { ProcessIdentity } from '../registry/filter-notes.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { letGo } from '../supervisor/let-go.ts';
import { readThreadName } from '../supervisor/program.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { listSupervisors, whyNotAttachable } from './attachable.ts';
import { listDescendants, type RunningChild } from './running-children.ts';
import { cannotStop, readTracer, takeProcess } from './take-process.ts';

/** Chosen: more would not be read. */
const NAMED_MAX = 32;

/** A child that is left alone. */
export interface LeftChild {
  readonly pid: number;
  readonly comm: string;
  readonly why: string;
}

export class Children {
  readonly left: LeftChild[] = [];
  /** How many more are left alone than are named. */
  unnamedCount = 0;
  takenCount = 0;
  private readonly passed = new Set<string>();
  /** As of the last look. */
  private listed = new Map<number, RunningChild>();
  private readonly supervisor: Supervisor;
  private readonly root: ProcessIdentity;
  private readonly filtersOf: (chain: readonly ProcessIdentity[]) => number;

  constructor(
    supervisor: Supervisor,
    root: ProcessIdentity,
    filtersOf: (chain: readonly ProcessIdentity[]) => number,
  ) {
    this.supervisor = supervisor;
    this.root = root;
    this.filtersOf = filtersOf;
  }

  /** Those that run and are neither taken nor left alone. */
  find(): RunningChild[] {
    const { program } = this.supervisor;
    // Forked by a process that was ours and had no filter yet; its parent may have ended.
    const born = [...program.processes.keys()].map(describeBorn);
    const { noChildren, children } = program.options;
    const before = noChildren === true || children === 'leave' ? [] : this.list();
    const known = new Set<number>();
    return [...before, ...born].filter((child) => {
      if (known.has(child.pid) || this.passed.has(nameOf(child))) return false;
      known.add(child.pid);
      return this.isLacking(child.pid);
    });
  }

  /** False: it cannot be stopped now, and can be tried again. */
  take(child: RunningChild): boolean {
    const known = this.supervisor.program.processes.get(child.pid);
    const refusal = known === undefined ? whyNotAttachable(child.pid) : undefined;
    if (refusal !== undefined) {
      this.pass(child, refusal.code, refusal.why);
      return true;
    }
    const process_ = known ?? this.add(child);
    try {
      const isTaken = takeProcess(this.supervisor, process_, child.startTicks);
      if (isTaken) this.takenCount += 1;
      else if (process_.group.threads.size === 0) this.forget(process_);
      return isTaken;
    } catch (error) {
      const { code, message } = asBelayError(error);
      this.pass(child, code, reasonOf(message));
      return true;
    }
  }

  /** It has had time enough. */
  leave(child: RunningChild): void {
    const process_ = this.supervisor.program.processes.get(child.pid);
    if (process_ !== undefined) letGo(this.supervisor, process_);
    this.pass(child, 'EAGAIN', reasonOf(cannotStop(child.pid).message));
  }

  private list(): RunningChild[] {
    const supervisors = listSupervisors();
    const isOfBelay = (pid: number): boolean =>
      pid === process.pid || pid === process.ppid || supervisors.has(pid);
    const listed = listDescendants(this.root.pid, isOfBelay);
    this.listed = new Map(listed.map((child) => [child.pid, child]));
    return listed;
  }

  private isLacking(pid: number): boolean {
    const { program, pump } = this.supervisor;
    const process_ = program.processes.get(pid);
    if (process_ !== undefined) return !process_.hasFilter;
    return !pump.threads.has(pid) && readTracer(pid) !== process.pid;
  }

  private add(child: RunningChild): TracedProcess {
    const process_ = this.supervisor.addProcess(child.pid);
    const chain: ProcessIdentity[] = [];
    for (let each: RunningChild | undefined = child; each !== undefined;) {
      chain.push(each);
      each = this.listed.get(each.ppid);
    }
    process_.group.filterCount = this.filtersOf([...chain, this.root]);
    return process_;
  }

  private forget(process_: TracedProcess): void {
    this.supervisor.program.processes.delete(process_.pid);
  }

  private pass(child: RunningChild, code: string, why: string): void {
    this.passed.add(nameOf(child));
    if (code === 'ESRCH') return;
    if (this.left.length >= NAMED_MAX) this.unnamedCount += 1;
    else this.left.push({ pid: child.pid, comm: child.comm, why });
  }
}

function nameOf({ pid, startTicks }: ProcessIdentity): string {
  return `${pid}-${startTicks}`;
}

function describeBorn(pid: number): RunningChild {
  return { pid, ppid: 0, comm: readThreadName(pid, pid), startTicks: readStartTime(pid) ?? 0 };
}

/** What follows "cannot do X to Y: ". */
function reasonOf(message: string): string {
  return message.slice(message.indexOf(': ') + 2);
}
