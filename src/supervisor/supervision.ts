/** What those who answer calls, falls and requests may ask of the supervisor. */
import type { News } from '../desk/news.ts';
import type { Prepared, RollbackResult } from '../engine/rollback.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { Why } from '../engine/why.ts';
import type { Point } from '../points/point.ts';
import type { HoldOutcome } from '../tracee/hold-outcome.ts';
import type { Thread, ThreadGroup } from '../tracee/thread.ts';
import type { Program } from './program.ts';

/** Where a jump came from. */
export interface JumpOrigin {
  /** From process.hrtime. */
  readonly startedAt: [number, number];
  /** The thread that fell or jumped. */
  readonly thread?: Thread;
  /** Newer points that it could not go back to, and why. */
  readonly passedOver?: readonly string[];
}

export interface Supervision {
  readonly program: Program;
  readonly news: News;
  /** Let a held process go: `first` at once, the others with their stops handled. */
  release(process_: TracedProcess, first?: Thread): void;
  /** Go back to `point` from wherever the process is. A string says why not. */
  jump(
    process_: TracedProcess,
    point: Point,
    why: Why,
    origin: JumpOrigin,
  ): RollbackResult | string;
  /** Go back where that was prepared; the process runs on. A string says why it was killed. */
  jumpHeld(
    process_: TracedProcess,
    prepared: Prepared,
    why: Why,
    origin: JumpOrigin,
  ): RollbackResult | string;
  /** Hold a process that is to go back: its children in vfork(2) are ended. */
  holdToGoBack(process_: TracedProcess): HoldOutcome;
  /**
   * Whether the thread stays stopped until its process (or `group`) is out of vfork(2), to be
   * answered then.
   */
  postpones(thread: Thread, group?: ThreadGroup): boolean;
  tellPoint(process_: TracedProcess, point: Point): void;
  /** Say it once in the log, and from then on in `belay ps`. */
  warn(process_: TracedProcess, message: string): void;
}
