/** Who answers what the event pump routes. */
import type { Stop } from '../sys/wait.ts';
import type { Newborn } from './newborns.ts';
import type { BirthKind } from './new-tid.ts';
import type { Thread, ThreadGroup } from './thread.ts';

export interface EventHandler {
  /** A thread that is not held has stopped; resume it, now or later. */
  onStop(thread: Thread, stop: Stop): void;
  /** A thread made another one: register it and answer its group. */
  onChild(parent: Thread, tid: number, kind: BirthKind): Thread | undefined;
  /** Nobody is left to tell of a thread that has begun: register it. */
  onOrphan(newborn: Newborn): Thread;
  onExec(thread: Thread): void;
  /** The thread will run no more code of the program; the kernel still has its memory. */
  onExiting(thread: Thread): void;
  /** The last thread of a process has begun to end, or has ended. */
  onEnd(group: ThreadGroup, end: Stop): void;
  /** A thread has come out of vfork(2), or its process has ended. */
  onVforkOver(parent: Thread): void;
  /** The bell was rung: somebody on another thread has work for the tracer. */
  onBell(stop: Stop): void;
  /** The alarm that was set went off. */
  onAlarm(): void;
}
