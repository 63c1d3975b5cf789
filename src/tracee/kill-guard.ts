/**
 * While a thread is not what the program left it as, the supervisor's death must kill the program.
 *
 * The program's filters are suspended for just as long, where that is allowed: confinement.ts.
 *
 * What is ours (an image, memory-image.ts) was begun in such a scope, and is for life what it was
 * then: it is left alone here.
 *
 * Scopes nest: a rollback holds one, and so does each series of remote calls. What is to be told of
 * a death in between is written down before the kernel is asked to kill, and taken back after.
 */
import { PTRACE_O_EXITKILL, ptraceSetoptions } from '../sys/ptrace.ts';
import type { Confinement } from './confinement.ts';
import type { Thread } from './thread.ts';
import { TRACE_OPTIONS } from './trace-options.ts';

/** Written to where the next reader of the log finds it. */
export interface DeathNote {
  /** `cd`: the point that is being gone back to; 0: the program makes calls for us. */
  begin(pid: number, cd: number): void;
  end(): void;
}

export class KillGuard {
  private readonly note: DeathNote;
  private readonly confinement: Confinement;
  private readonly depths = new Map<Thread, number>();

  constructor(note: DeathNote, confinement: Confinement) {
    this.note = note;
    this.confinement = confinement;
  }

  /** The thread is stopped, and as the program left it. */
  enter(thread: Thread, cd = 0): void {
    if (thread.group.isOurs) return;
    if (this.depths.size === 0) this.note.begin(thread.group.pid, cd);
    const depth = this.depths.get(thread) ?? 0;
    if (depth === 0) {
      const options = PTRACE_O_EXITKILL | this.confinement.optionsFor(thread);
      ptraceSetoptions(thread.tid, TRACE_OPTIONS | options);
    }
    this.depths.set(thread, depth + 1);
  }

  /** The thread is as it should be, or gone. */
  leave(thread: Thread): void {
    if (thread.group.isOurs) return;
    const depth = this.depths.get(thread) ?? 0;
    if (depth > 1) {
      this.depths.set(thread, depth - 1);
      return;
    }
    this.depths.delete(thread);
    if (depth === 1) ptraceSetoptions(thread.tid, TRACE_OPTIONS);
    if (depth === 1 && this.depths.size === 0) this.note.end();
  }

  /** The program has been killed: nothing is left to guard. */
  reset(): void {
    this.depths.clear();
    this.note.end();
  }
}
