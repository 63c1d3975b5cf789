/**
 * Ends images of memory of which nothing more is wanted: their program is stopped for a moment,
 * since it is their parent, and none of its waits is to see them end.
 */
import { hold } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { Alarm } from '../sys/alarm.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import type { ThreadGroup } from '../tracee/thread.ts';
import type { Program } from './program.ts';

/** Chosen: one that could not be stopped, as in vfork(2), is tried again after this, and later. */
const AGAIN_MS = 50;
const AGAIN_FACTOR = 4;
const AGAIN_MAX_MS = 60_000;

interface Holder {
  readonly pump: EventPump;
  readonly program: Program;
  release(process_: TracedProcess): void;
}

export class SpentImages {
  private readonly alarm = new Alarm();
  private dueMs = 0;
  private waitMs = AGAIN_MS;

  /** Between two events. Whether others have been handled meanwhile. */
  end(supervisor: Holder): boolean {
    const { images } = supervisor.pump;
    if (!images.hasAnySpent() || performance.now() < this.dueMs) return false;
    let hasHeld = false;
    for (const group of [...images.waiting]) {
      const process_ = supervisor.program.processes.get(group.pid);
      if (process_?.group !== group || isOutOfReach(supervisor, group)) {
        // Nobody is there who could reap it.
        images.end(group, undefined);
      } else if (mayBeStopped(supervisor, process_)) {
        hasHeld = true;
        hold(process_);
        supervisor.release(process_);
      }
    }
    if (images.hasAnySpent()) {
      this.dueMs = performance.now() + this.waitMs;
      this.waitMs = Math.min(this.waitMs * AGAIN_FACTOR, AGAIN_MAX_MS);
      this.alarm.set(this.dueMs);
    } else {
      this.dueMs = 0;
      this.waitMs = AGAIN_MS;
      this.alarm.clear();
    }
    return hasHeld;
  }
}

/** A stop that would be in vain, or change what somebody sees, is not made for this. */
function mayBeStopped({ pump }: Holder, { group }: TracedProcess): boolean {
  if (group.isInVfork || group.isHeld) return false;
  return pump.confinement.findAsking(group) === undefined;
}

/** It makes no calls for us any more: filters are for life. */
function isOutOfReach({ pump }: Holder, group: ThreadGroup): boolean {
  return pump.confinement.isConfined(group);
}
