/** Events that the I/O worker was told and has not seen to: for the one that takes its place. */
import type { SupervisorEvent } from '../protocol/records.ts';

/** Chosen: several times what waits in a storm of falls. */
const KEPT_MAX_COUNT = 4096;

interface Kept {
  readonly number: number;
  readonly event: SupervisorEvent;
}

export class Unwritten {
  private kept: Kept[] = [];
  private toldCount = 0;

  /** `doneCount`: how many of those told have been seen to. */
  add(event: SupervisorEvent, doneCount: number): void {
    this.toldCount += 1;
    const doneEnd = this.kept.findIndex(({ number }) => number > doneCount);
    this.kept.splice(0, doneEnd < 0 ? this.kept.length : doneEnd);
    if (this.kept.length < KEPT_MAX_COUNT) this.kept.push({ number: this.toldCount, event });
  }

  /** Those not seen to, in their order, and how many more there were; counting begins anew. */
  take(doneCount: number): { readonly events: SupervisorEvent[]; readonly lostCount: number } {
    const events = this.kept.filter(({ number }) => number > doneCount).map(({ event }) => event);
    const lostCount = this.toldCount - doneCount - events.length;
    this.kept = [];
    this.toldCount = 0;
    return { events, lostCount };
  }
}
