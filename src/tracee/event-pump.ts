/**
 * Waits for what tracees report and routes it: one event at a time, on the tracing thread.
 *
 * Invariants
 * 1. A new thread is known before its parent runs on: its first stop may come before or after.
 * 2. Stops of a held group stay in the thread; those inside a system call that makes or ends
 *    threads are run on, to an interrupt behind it. A thread that has begun to end leaves its group
 *    and is let go of at once, so that its end is nobody's business but the program's.
 * 3. Events of other groups are handled as usual while one group is being held.
 * 4. A new thread whose parent was killed before it could tell of it is known all the same.
 * 5. A thread in vfork(2) stops only when its child has exec'd or ended: no group is held for that,
 *    except where the child is about to end. No hold waits without a limit.
 */
import { ptraceDetach, ptraceGeteventmsg } from '../sys/ptrace.ts';
import { lastStatus, parseWaitStatus, waitpidThreadNow, type Stop } from '../sys/wait.ts';
import { awaitStill } from './await-still.ts';
import { Confinement } from './confinement.ts';
import type { EventHandler } from './event-handler.ts';
import type { HoldOutcome } from './hold-outcome.ts';
import { Images } from './images.ts';
import { KillGuard, type DeathNote } from './kill-guard.ts';
import { fetchNewTid, type BirthKind } from './new-tid.ts';
import { Newborns } from './newborns.ts';
import { OwnChildren } from './own-children.ts';
import { Thread, type ThreadGroup } from './thread.ts';
import { Vforks } from './vforks.ts';
import { waitForSoon } from './wait-for-any.ts';

export class EventPump {
  readonly threads = new Map<number, Thread>();
  readonly own = new OwnChildren();
  readonly images = new Images();
  /** Takes the next child itself, instead of the handler. */
  takeChild: ((tid: number) => Thread) | undefined = undefined;
  /** Run before each wait. */
  beforeWait: () => void = () => undefined;
  private readonly vforks = new Vforks();
  /** Held no more, and to be let go when no work on another group is in the middle of its calls. */
  private readonly toLetGo: ThreadGroup[] = [];
  private readonly newborns = new Newborns();
  private readonly backlog: { readonly tid: number; readonly stop: Stop }[] = [];
  /** Held by whoever makes a thread something else than the program left it as. */
  readonly guard: KillGuard;
  /** Which threads may make calls for us. */
  readonly confinement = new Confinement();
  private readonly handler: EventHandler;

  constructor(handler: EventHandler, note: DeathNote) {
    this.guard = new KillGuard(note, this.confinement);
    this.handler = handler;
  }

  /** Wait for one event and route it; false when there is nobody left to wait for. */
  next(): boolean {
    return this.take(true) !== 'nobody';
  }

  private take(mayWork: boolean): 'event' | 'alarm' | 'nobody' {
    const waiting = this.backlog.shift();
    if (waiting !== undefined) {
      this.route(waiting.tid, waiting.stop);
      return 'event';
    }
    const group = this.toLetGo.shift();
    if (group !== undefined) {
      this.letGo(group);
      return 'event';
    }
    this.beforeWait();
    const tid = this.images.wait(mayWork);
    if (tid === 0) return 'nobody';
    if (tid < 0) {
      this.adoptOrphans();
      this.handler.onAlarm();
      return 'alarm';
    }
    const stop = parseWaitStatus(lastStatus());
    if (this.own.has(tid, stop)) this.handler.onBell(stop);
    else this.route(tid, stop);
    return 'event';
  }

  /**
   * Wait for one event of this thread and hand it back unrouted; undefined: it is gone. Those of
   * its group are routed meanwhile: the leader of a process that was killed ends only after its
   * other threads. Those of other groups wait: nothing else is begun in the middle of a call.
   */
  nextOf(thread: Thread): Stop | undefined {
    for (;;) {
      thread.moved();
      const { tid, stop } = this.takeWaiting(thread) ?? waitForSoon();
      if (stop === undefined) return undefined;
      if (tid === thread.tid && stop.kind !== 'exited' && stop.kind !== 'killed') {
        // One that makes calls for us counts as stopped for what it was stopped for before.
        if (!thread.isStopped) thread.stopFor(stop);
        if (stop.kind === 'clone' || stop.kind === 'fork' || stop.kind === 'vfork') {
          this.announceChild(thread, fetchNewTid(tid, stop.kind), stop.kind);
        }
        return stop;
      }
      const other = this.threads.get(tid);
      if (this.own.has(tid, stop)) this.handler.onBell(stop);
      else if (other === undefined || other.group === thread.group) this.route(tid, stop);
      else this.backlog.push({ tid, stop });
      if (this.threads.get(thread.tid) !== thread) return undefined;
    }
  }

  /** A stop of this thread that came while another one's was waited for. */
  private takeWaiting(thread: Thread): { readonly tid: number; readonly stop: Stop } | undefined {
    const index = this.backlog.findIndex(({ tid }) => tid === thread.tid);
    return index < 0 ? undefined : this.backlog.splice(index, 1)[0];
  }

  /** Register a thread that runs; a first stop of it that has come already is taken now. */
  add(tid: number, group: ThreadGroup, isNewborn = false): Thread {
    const thread = new Thread(tid, group, isNewborn);
    this.threads.set(tid, thread);
    group.threads.set(tid, thread);
    const stop = this.newborns.take(tid);
    if (stop !== undefined) thread.stopFor(stop);
    return thread;
  }

  remove(thread: Thread): void {
    thread.leave();
    this.vforks.forget(thread);
    if (this.threads.get(thread.tid) === thread) this.threads.delete(thread.tid);
    if (thread.group.threads.get(thread.tid) === thread) thread.group.threads.delete(thread.tid);
  }

  /**
   * Stop every thread of the group and hold it, within a limited time. `outOfVfork`: wait for those
   * in vfork(2), too, whose child is about to end.
   */
  hold(group: ThreadGroup, outOfVfork = false): HoldOutcome {
    if (group.isInVfork && !outOfVfork) return 'in-vfork';
    const { execCount } = group;
    group.isHeld = true;
    for (const thread of group.threads.values()) {
      if (!thread.isStopped) thread.interrupt();
    }
    const outcome = awaitStill(this, group, outOfVfork);
    if (outcome !== 'held') return outcome;
    if (group.threads.size === 0) return 'ended';
    return group.execCount === execCount ? 'held' : 'execed';
  }

  /** One event, routed, while a group is being held; an alarm: it has taken some time. */
  takeNext(): 'event' | 'alarm' | 'nobody' {
    return this.take(false);
  }

  /** An event of this very thread, routed, if there is one. */
  takeOf({ tid }: Thread): boolean {
    if (waitpidThreadNow(tid) !== tid) return false;
    this.route(tid, parseWaitStatus(lastStatus()));
    return true;
  }

  isAnyInVfork(group: ThreadGroup): boolean {
    return this.vforks.isAnyOf(group);
  }

  /** Let the held threads have their stops handled, one after the other. */
  letGo(group: ThreadGroup): void {
    group.isHeld = false;
    for (const thread of [...group.threads.values()]) {
      if (thread.group.isHeld) return;
      const { stop } = thread;
      if (stop !== undefined) this.handler.onStop(thread, stop);
    }
  }

  /** As `letGo`, when the next event is waited for. */
  letGoLater(group: ThreadGroup): void {
    this.toLetGo.push(group);
  }

  private route(tid: number, stop: Stop): void {
    const thread = this.threads.get(tid);
    if (thread === undefined) {
      this.routeUnknown(tid, stop);
      return;
    }
    if (stop.kind === 'exited' || stop.kind === 'killed') {
      this.remove(thread);
      if (thread.group.threads.size === 0) this.handler.onEnd(thread.group, stop);
      this.endVfork(tid);
      return;
    }
    const { state } = thread;
    thread.stopFor(stop);
    this.routeStop(thread, stop);
    if (state.kind === 'in-vfork' && !this.threads.has(state.child)) {
      this.vforks.forget(thread);
      this.handler.onVforkOver(thread);
    }
  }

  /** A thread that its parent has not told of yet; or never will, killed before it could. */
  private routeUnknown(tid: number, stop: Stop): void {
    const group = this.findGroup(tid);
    if (group !== undefined) this.routeNewFirst(group, stop);
    else if (stop.kind === 'exit' || stop.kind === 'exited' || stop.kind === 'killed') {
      if (stop.kind === 'exit') ptraceDetach(tid, 0);
      this.newborns.take(tid);
    } else this.newborns.put(tid, stop);
  }

  /** A thread has exec'd, the last of its process, with the id of the first, which ended before. */
  private routeNewFirst(group: ThreadGroup, stop: Stop): void {
    for (const former of [...group.threads.values()]) this.remove(former);
    this.add(group.pid, group);
    this.route(group.pid, stop);
  }

  private findGroup(pid: number): ThreadGroup | undefined {
    for (const { group } of this.threads.values()) if (group.pid === pid) return group;
    return undefined;
  }

  private routeStop(thread: Thread, stop: Stop): void {
    switch (stop.kind) {
      case 'signal':
      case 'group-stop':
      case 'interrupt':
        thread.giveFlagsBack();
        if (!thread.isNewborn && thread.fetchRegisters()) thread.settleCall();
        break;
      case 'clone':
      case 'fork':
      case 'vfork':
        this.routeBirth(thread, stop.kind, stop);
        return;
      case 'syscall':
        thread.giveFlagsBack();
        thread.isAtSyscallEntry = !thread.isAtSyscallEntry;
        break;
      case 'exec':
        thread.isAtSyscallEntry = false;
        this.handler.onExec(thread);
        this.endVfork(thread.tid);
        break;
      case 'exit':
        if (!thread.group.isOurs) this.letEnd(thread);
        return;
      case 'vfork-done':
        thread.runOn();
        return;
      default:
    }
    if (!thread.group.isHeld && thread.isStopped) this.handler.onStop(thread, stop);
  }

  /** A thread has stopped on its way out: it leaves its group, and is let go of. */
  letEnd(thread: Thread): void {
    const { group, tid } = thread;
    this.handler.onExiting(thread);
    const isLast = group.threads.size === 1;
    const end = isLast ? group.leaving.endOfProcess(tid, ptraceGeteventmsg(tid)) : undefined;
    group.leaving.add(tid);
    thread.end();
    this.remove(thread);
    if (end !== undefined) this.handler.onEnd(group, end);
    this.endVfork(tid);
  }

  private routeBirth(parent: Thread, kind: BirthKind, stop: Stop): void {
    const tid = fetchNewTid(parent.tid, kind);
    const child = this.announceChild(parent, tid, kind);
    if (kind === 'vfork' && tid !== undefined) this.vforks.begin(parent, tid);
    else {
      if (child?.group.isLeaving === true) this.letGoFirst(child, parent);
      if (parent.group.isHeld) parent.runOn();
      else this.handler.onStop(parent, stop);
    }
    this.releaseNewborn(child);
  }

  /** One that nobody is to find traced: it is let go before its parent can name it to anyone. */
  private letGoFirst(child: Thread, parent: Thread): void {
    if (child.group === parent.group) return;
    const stop = child.stop ?? this.nextOf(child);
    if (stop?.kind === 'exit') this.letEnd(child);
    else if (stop !== undefined) this.handler.onStop(child, stop);
  }

  /** Let go of a stopped thread, which goes on untraced; `signo`: the signal it was stopped for. */
  detach(thread: Thread, signo: number): void {
    thread.end(signo);
    this.remove(thread);
    this.vforks.letGo(thread.tid);
  }

  /** The process has exec'd or ended: a parent in vfork(2) goes on. */
  private endVfork(pid: number): void {
    const parent = this.vforks.end(pid);
    if (parent !== undefined) this.handler.onVforkOver(parent);
  }

  private announceChild(parent: Thread, tid: number | undefined, kind: BirthKind) {
    if (tid === undefined) return undefined;
    return this.takeChild?.(tid) ?? this.handler.onChild(parent, tid, kind);
  }

  /** Those whose parent was killed before it could tell of them. */
  private adoptOrphans(): void {
    const hasThreads = (pid: number) => this.findGroup(pid) !== undefined;
    for (const newborn of this.newborns.findOrphans(hasThreads)) {
      this.releaseNewborn(this.handler.onOrphan(newborn));
    }
  }

  /** A newborn whose first stop had come before it was known is let go, unless it is held. */
  private releaseNewborn(child: Thread | undefined): void {
    if (child?.stop === undefined || child.group.isHeld) return;
    this.handler.onStop(child, child.stop);
  }
}
