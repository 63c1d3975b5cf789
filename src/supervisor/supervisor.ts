/**
 * The tracer's event loop: every stop of every thread of the program is answered here.
 *
 * Invariants
 * 1. A thread that is not held is resumed exactly once for each stop.
 * 2. While `phase` is 1 the program is not what it was at any moment: the supervisor's death kills
 *    it (EXITKILL), and so does a failure.
 */
import { collect } from '../desk/own-memory.ts';
import type { News } from '../desk/news.ts';
import {
  endImagesOfEnding,
  endImagesOfFormer,
  goBack,
  holdToGoBack,
  whyNotHeld,
} from '../engine/operations.ts';
import { prepareRollback, type Prepared, type RollbackResult } from '../engine/rollback.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { Why } from '../engine/why.ts';
import type { Point } from '../points/point.ts';
import { Obstacle } from '../resources/resource.ts';
import { ptraceCont } from '../sys/ptrace.ts';
import type { Stop } from '../sys/wait.ts';
import type { EventHandler } from '../tracee/event-handler.ts';
import { EventPump } from '../tracee/event-pump.ts';
import type { HoldOutcome } from '../tracee/hold-outcome.ts';
import type { Newborn } from '../tracee/newborns.ts';
import type { BirthKind } from '../tracee/new-tid.ts';
import type { Thread, ThreadGroup } from '../tracee/thread.ts';
import { keepTraced } from '../tracee/untraced-clone.ts';
import { Births } from './births.ts';
import { handleCall } from './calls.ts';
import { readMoment, tellFall } from './fall-news.ts';
import { handleFall, readWhy } from './falls.ts';
import { followHandling, givesToHandler } from './own-handlers.ts';
import { forgetFault, isStale, releaseRolledBack } from './faults-on-the-way.ts';
import { describePoint } from './describe-point.ts';
import { letThreadGo } from './let-go.ts';
import { Postponed } from './postponed.ts';
import { readCommand, readNames, signalName, type Program } from './program.ts';
import type { StateWriter } from '../registry/state-writer.ts';
import type { JumpOrigin, Supervision } from './supervision.ts';
import { killHalfDone } from './kill-half-done.ts';
import { SpentImages } from './spent-images.ts';
import { Waits } from './waits.ts';

export class Supervisor implements EventHandler, Supervision {
  readonly pump: EventPump;
  readonly program: Program;
  news: News;
  private readonly postponed = new Postponed();
  private readonly waits = new Waits();
  private readonly spent = new SpentImages();
  private readonly births: Births;
  /** Gets ready for the next point when the program runs again. */
  private toTidy: TracedProcess | undefined = undefined;
  /** Runs requests of the I/O worker; set once it is there. */
  onRequests: () => void = () => undefined;
  private hasRequests = false;
  private stops = 0;
  /** How many there had been when it was last time to give back memory. */
  private stopsBefore = -1;
  private isTidy = false;

  constructor(program: Program, news: News, state: StateWriter) {
    this.program = program;
    this.news = news;
    this.pump = new EventPump(this, state);
    this.births = new Births(this, this.pump);
    this.pump.beforeWait = () => {
      this.toTidy?.resources?.addressSpace.tidy();
      this.toTidy = undefined;
    };
  }

  /** Handle events until the program has ended or is let go. */
  run(): void {
    while (this.program.processes.size > 0) {
      if (this.hasRequests || this.news.isSpent) {
        this.hasRequests = false;
        this.onRequests();
        continue;
      }
      // The stop that takes may show that the program has ended: nobody is left to wait for then.
      if (this.spent.end(this)) continue;
      if (!this.pump.next()) break;
    }
  }

  /** Collecting takes as long as many stops: for when none has come since this was called last. */
  tidy(): void {
    const isIdle = this.stops === this.stopsBefore;
    if (isIdle && !this.isTidy) collect();
    this.isTidy = isIdle;
    this.stopsBefore = this.stops;
  }

  private answerPostponed(): void {
    for (const thread of this.postponed.take()) {
      const { stop } = thread;
      if (stop !== undefined && !thread.group.isHeld) this.onStop(thread, stop);
    }
  }

  /**
   * Whether the thread is to stay where it is stopped until its process (or `group`) is out of
   * vfork(2): its stop is then handled once more. False: it is not in vfork, or for too long.
   */
  postpones(thread: Thread, group = thread.group): boolean {
    return this.postponed.add(thread, group);
  }

  onVforkOver(parent: Thread): void {
    if (parent.group.isLeaving && parent.state.kind !== 'gone') parent.interrupt();
    if (!this.postponed.isEmpty) this.answerPostponed();
  }

  addProcess(pid: number): TracedProcess {
    return this.births.addProcess(pid);
  }

  onStop(thread: Thread, stop: Stop): void {
    this.stops += 1;
    if (thread.group.isLeaving) {
      letThreadGo(this.pump, thread);
      return;
    }
    if (stop.kind !== 'signal') thread.restoredAt = undefined;
    const process_ = this.program.processes.get(thread.group.pid);
    switch (stop.kind) {
      case 'seccomp':
        if (process_ !== undefined && thread.fetchRegisters()) {
          handleCall(this, process_, thread);
          return;
        }
        break;
      case 'signal':
        this.handleSignal(process_, thread, stop.signo);
        return;
      case 'interrupt':
        this.waits.resumeInterrupted(process_, thread);
        return;
      case 'syscall':
        if (process_ !== undefined && this.hasNotCoped(process_, thread)) return;
        this.waits.resumeFollowed(process_, thread);
        return;
      case 'group-stop':
        this.waits.resumeGroupStop(thread);
        return;
      default:
    }
    thread.resume();
  }

  onChild(parent: Thread, tid: number, kind: BirthKind): Thread | undefined {
    if (this.pump.threads.has(tid)) return undefined;
    return keepTraced(parent, this.births.onChild(parent, tid, kind));
  }

  onOrphan(newborn: Newborn): Thread {
    return this.births.onOrphan(newborn);
  }

  onExec(thread: Thread): void {
    const { group } = thread;
    for (const other of [...group.threads.values()]) {
      if (other !== thread) this.pump.remove(other);
    }
    group.threads.set(thread.tid, thread);
    group.execCount += 1;
    const { pid } = group;
    const process_ = this.program.processes.get(pid);
    process_?.reset();
    if (process_ !== undefined) endImagesOfFormer(process_, thread);
    const command = readCommand(pid);
    const names = readNames(pid, command);
    this.news.tell({ type: 'exec', time: Date.now(), pid, command, names });
  }

  onExiting(thread: Thread): void {
    const { pid, threads } = thread.group;
    const process_ = this.program.processes.get(pid);
    process_?.resources?.forgetThread(thread.tid);
    if (process_ !== undefined && threads.size === 1) endImagesOfEnding(process_);
    const hasPoints = process_?.resources !== undefined;
    if (thread.tid === pid) this.program.noteLastNames(pid, hasPoints);
  }

  onEnd({ pid }: ThreadGroup, stop: Stop): void {
    const process_ = this.program.processes.get(pid);
    if (process_ === undefined) return;
    this.program.processes.delete(pid);
    process_.reset();
    this.pump.images.end(process_.group, undefined);
    const code = stop.kind === 'exited' ? stop.code : null;
    const signal = stop.kind === 'killed' ? signalName(stop.signo) : null;
    const names = this.program.takeLastNames(pid);
    this.news.tell({ type: 'exit', time: Date.now(), pid, code, signal, ...names });
  }

  onBell(stop: Stop): void {
    this.hasRequests = true;
    if (stop.kind !== 'exited' && stop.kind !== 'killed') ptraceCont(this.pump.own.bellPid, 0);
  }

  onAlarm(): void {
    this.waits.onAlarm();
    this.news.onAlarm();
    if (!this.postponed.isEmpty) this.answerPostponed();
  }

  /** Let a held process go: `first` at once, the others with their stops handled. */
  release(process_: TracedProcess, first?: Thread): void {
    process_.group.isHeld = false;
    // A signal that came while it made calls for us (SIGSTOP cannot be blocked) is still its own.
    if (first?.isStopped === true && first.stop?.kind !== 'signal') first.resume();
    this.pump.letGo(process_.group);
    this.toTidy = process_;
  }

  /** Go back to `point` from wherever the process is. */
  jump(
    process_: TracedProcess,
    point: Point,
    why: Why,
    origin: JumpOrigin,
  ): RollbackResult | string {
    const outcome = this.holdToGoBack(process_);
    if (outcome !== 'held') {
      // If it has exec'd meanwhile, the new image runs on.
      this.release(process_, origin.thread);
      return whyNotHeld(process_, outcome).message;
    }
    const prepared = prepareRollback(process_, point);
    if (!(prepared instanceof Obstacle)) return this.jumpHeld(process_, prepared, why, origin);
    this.warn(process_, `no way back to point ${point.cd}: ${prepared.reason}`);
    this.release(process_, origin.thread);
    return prepared.reason;
  }

  holdToGoBack(process_: TracedProcess): HoldOutcome {
    const { outcome, ended } = holdToGoBack(process_);
    if (ended > 0)
      this.warn(process_, 'a child in vfork was ended: it ran in memory that goes back');
    return outcome;
  }

  /** Go back where that was prepared; the process runs on. A string says why it was killed. */
  jumpHeld(
    process_: TracedProcess,
    prepared: Prepared,
    why: Why,
    origin: JumpOrigin,
  ): RollbackResult | string {
    const moment = readMoment(process_, origin);
    for (const thread of process_.group.threads.values()) forgetFault(thread, this.program);
    const outcome = goBack(process_, prepared, why);
    if (outcome.ok) {
      releaseRolledBack(process_, this.program.fallSignals, (thread, signo) => {
        if (signo === 0) {
          this.waits.goOnPutBack(process_, thread);
          this.waits.prepare(process_, thread);
        }
        thread.resume(signo);
      });
      tellFall(this.news, process_, prepared.point, why, origin, moment, outcome.result);
      this.toTidy = process_;
      return outcome.result;
    }
    killHalfDone(this, process_);
    this.warn(process_, `killed in the middle of a rollback: ${outcome.error.message}`);
    process_.group.isHeld = false;
    return outcome.error.message;
  }

  tellPoint(process_: TracedProcess, point: Point): void {
    if (!this.news.wantsPoints) return;
    this.news.tell({ type: 'point', pid: process_.pid, ...describePoint(point) });
  }

  /** Say it once in the log, and from then on in `belay ps`. */
  warn(process_: TracedProcess, message: string): void {
    if (process_.warnings.has(message)) return;
    process_.warnings.add(message);
    this.news.tell({ type: 'warning', time: Date.now(), pid: process_.pid, message });
  }

  private handleSignal(process_: TracedProcess | undefined, thread: Thread, signo: number): void {
    const isFall = this.program.fallSignals.has(signo);
    if (isFall && isStale(thread)) {
      thread.resume();
      return;
    }
    if (process_ !== undefined && isFall && process_.points.hasLive) {
      if (this.postpones(thread)) return;
      const why = readWhy(thread, signo);
      if (this.program.options.auto && givesToHandler(this, process_, thread, why)) return;
      if (!handleFall(this, process_, thread, why)) this.giveUp(process_, thread, signo);
      return;
    }
    this.waits.resumeSignalled(process_, thread, signo);
  }

  /** The program's own handler was given a fault and is about to end the process: it goes back. */
  private hasNotCoped(process_: TracedProcess, thread: Thread): boolean {
    const why = followHandling(process_, thread);
    if (why === undefined || !process_.points.hasLive) return false;
    if (!handleFall(this, process_, thread, why)) this.giveUp(process_, thread, 0);
    return true;
  }

  /** No point is left: the signal is delivered as if belay were not there. */
  private giveUp(process_: TracedProcess, thread: Thread, signo: number): void {
    thread.handling = undefined;
    process_.group.isHeld = false;
    if (thread.isStopped) thread.resume(signo);
    this.pump.letGo(process_.group);
  }
}
