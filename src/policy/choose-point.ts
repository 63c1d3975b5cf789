/**
 * Which point a fall goes back to, and when to stop trying.
 *
 * A point is tried `retries` times without a newer one being left behind; then the next older one.
 * When none is left, the signal is delivered as if belay were not there.
 */
import { prepareRollback, type Prepared } from '../engine/rollback.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { Obstacle } from '../resources/resource.ts';

export interface Choice {
  /** The newest point that has tries left and can be gone back to; undefined: there is none. */
  readonly prepared: Prepared | undefined;
  /** Newer points, each with the reason why it is not taken. */
  readonly refusals: readonly string[];
}

/** `ceiling`: of points that the clock made none above it is taken: it fell there before. */
export function choosePoint(process_: TracedProcess, retries: number, ceiling = Infinity): Choice {
  const refusals: string[] = [];
  for (const point of process_.points.newestFirst()) {
    if (point.origin === 'every' && point.cd > ceiling) {
      refusals.push(`point ${point.cd}: it falls at the same place again`);
      continue;
    }
    if (point.falls >= retries) {
      refusals.push(`point ${point.cd}: ${point.falls} falls`);
      continue;
    }
    const prepared = prepareRollback(process_, point);
    if (!(prepared instanceof Obstacle)) return { prepared, refusals };
    refusals.push(`point ${point.cd}: ${prepared.reason}`);
  }
  return { prepared: undefined, refusals };
}
