/** Threads and processes that begin: whose they are, and what they have of those they come from. */
import { existsSync } from 'node:fs';
import { TracedProcess } from '../engine/traced-process.ts';
import { isSameMemory } from '../sys/process.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import type { BirthKind } from '../tracee/new-tid.ts';
import type { Newborn } from '../tracee/newborns.ts';
import { ThreadGroup, type Thread } from '../tracee/thread.ts';
import type { Supervision } from './supervision.ts';

export class Births {
  private readonly supervisor: Supervision;
  private readonly pump: EventPump;

  constructor(supervisor: Supervision, pump: EventPump) {
    this.supervisor = supervisor;
    this.pump = pump;
  }

  addProcess(pid: number): TracedProcess {
    const { program } = this.supervisor;
    const process_ = new TracedProcess(this.pump, pid, program.pageLimit);
    process_.stopped.takesSharedOffsetsBack = program.options.sharedOffsets === 'rollback';
    process_.stopped.keepsPeers = program.options.peers === 'keep';
    program.processes.set(pid, process_);
    return process_;
  }

  /** Its parent has told of it, and is stopped. */
  onChild({ group }: Thread, tid: number, kind: BirthKind): Thread {
    if (kind === 'clone' && existsSync(`/proc/${group.pid}/task/${tid}`)) {
      return this.pump.add(tid, group, true);
    }
    if (group.isLeaving) return this.addLeaving(tid);
    group.birthCount += 1;
    const parent = this.supervisor.program.processes.get(group.pid);
    if (this.leavesChildren) return this.leave(tid, kind, group, parent);
    const child = this.addChild(tid, group.pid, parent);
    child.group.filterCount = group.filterCount;
    child.sharesMemory = kind === 'vfork' || isSameMemory(group.living, tid);
    if (parent !== undefined && !child.sharesMemory) parent.target.isShared = true;
    // The parent waits for its child in vfork(2); but who shares the parent's memory does not.
    if (parent !== undefined && child.sharesMemory) {
      child.sharers = parent.sharers;
      if (kind !== 'vfork' || parent.sharesMemory) child.sharers.add(child.group);
    }
    return this.pump.add(tid, child.group, true);
  }

  /** Its parent is gone, and cannot tell of it. */
  onOrphan({ tid, tgid, ppid }: Newborn): Thread {
    const { processes } = this.supervisor.program;
    const known = processes.get(tgid);
    if (known !== undefined) return this.pump.add(tid, known.group, true);
    // Those of a program have the same filters of ours, which the first of them was given.
    const [first] = processes.values();
    const relative = processes.get(ppid) ?? first;
    if (this.leavesChildren || relative?.group.isLeaving === true) return this.addLeaving(tid);
    const child = this.addChild(tid, ppid, relative);
    child.group.filterCount = relative?.group.filterCount ?? 0;
    const thread = this.pump.add(tid, child.group, true);
    for (const other of processes.values()) noteSharing(child, other);
    return thread;
  }

  private addChild(tid: number, ppid: number, relative: TracedProcess | undefined): TracedProcess {
    const child = this.addProcess(tid);
    child.hasFilter = relative?.hasFilter === true;
    this.supervisor.news.tell({ type: 'fork', time: Date.now(), pid: ppid, child: tid });
    return child;
  }

  private get leavesChildren(): boolean {
    return this.supervisor.program.options.children === 'leave';
  }

  /** It is let go at once: what its parent has to know of it is looked at while it stands still. */
  private leave(
    tid: number,
    kind: BirthKind,
    group: ThreadGroup,
    parent: TracedProcess | undefined,
  ): Thread {
    const child = this.addLeaving(tid);
    // In vfork(2) the parent waits for it, and is stopped when it comes out of that.
    if (parent === undefined || kind === 'vfork') return child;
    if (isSameMemory(group.living, tid)) parent.sharers.add(child.group);
    else parent.target.isShared = true;
    return child;
  }

  /** One that is let go at its first stop, as a child of a process that is being let go. */
  private addLeaving(tid: number): Thread {
    const group = new ThreadGroup(tid);
    group.isLeaving = true;
    return this.pump.add(tid, group, true);
  }
}

/** Two processes are known, and it may not be known of them that they share their memory. */
export function noteSharing(child: TracedProcess, other: TracedProcess): void {
  if (child === other || !isSameMemory(child.group.living, other.group.living)) return;
  child.sharesMemory = true;
  child.sharers = other.sharers;
  other.sharers.add(child.group);
}
