/**
 * What the tracer sends its I/O worker, in order. To be woken costs the worker more than all that
 * it does about the birth or the end of a process. Programs that fork for each request have
 * thousands of those a second, and nobody waits for them: the first is sent at once, those that
 * follow soon go together.
 */
import type { SupervisorEvent } from '../protocol/records.ts';
import { Alarm } from '../sys/alarm.ts';
import type { FromTracer } from './messages.ts';

/** Chosen: no longer than people notice, and long enough for dozens of births. */
const TOGETHER_MS = 50;
/** Chosen: what is sent at once is copied at once. */
const TOGETHER_MAX_COUNT = 256;

/** Chosen: some 4 MB, written in half a second; a program in a loop is faster than any disk. */
const PENDING_EVENTS_MAX = 4096;

type Post = (message: FromTracer) => void;

/** One that is told of, and that nobody waits for. */
export function isPassing({ type }: SupervisorEvent): boolean {
  return type === 'fork' || type === 'exec' || type === 'exit';
}

/**
 * How many may be on their way when this one comes. Falls are the first to be left out; the end of
 * the program, `rootPid`, of which there is one, never is.
 */
export function roomFor({ type, pid }: SupervisorEvent, rootPid: number): number {
  if (type === 'detach' || (type === 'exit' && pid === rootPid)) return Infinity;
  return type === 'fall' || type === 'point' ? PENDING_EVENTS_MAX : 2 * PENDING_EVENTS_MAX;
}

export class Outgoing {
  private readonly post: Post;
  private readonly alarm = new Alarm();
  private waiting: SupervisorEvent[] = [];
  /** When some were sent, by performance.now(). */
  private sentMs = -Infinity;

  constructor(post: Post) {
    this.post = post;
  }

  /** At once, behind those that wait. */
  send(message: FromTracer): void {
    this.flush();
    this.post(message);
  }

  /** An event that may wait for others. */
  put(event: SupervisorEvent): void {
    this.waiting.push(event);
    const isTime = performance.now() - this.sentMs >= TOGETHER_MS;
    if (isTime || this.waiting.length >= TOGETHER_MAX_COUNT) this.flush();
    else if (this.waiting.length === 1) this.alarm.set(this.sentMs + TOGETHER_MS);
  }

  /** An alarm has gone off: it may have been this one. */
  onAlarm(): void {
    if (performance.now() - this.sentMs >= TOGETHER_MS) this.flush();
  }

  /** Those that wait are told otherwise. */
  drop(): void {
    this.waiting = [];
    this.alarm.clear();
  }

  private flush(): void {
    if (this.waiting.length === 0) return;
    const events = this.waiting;
    this.drop();
    this.sentMs = performance.now();
    this.post({ kind: 'events', events });
  }
}
