/** A point as people are told of it. */
import type { Point } from '../points/point.ts';

export function describePoint(point: Point) {
  return {
    cd: point.cd,
    origin: point.origin,
    time: point.time,
    tid: point.tid,
    threads: point.threads,
    pages: point.pages,
    bytes: point.pages * 4096,
    rollbacks: point.rollbacks,
    falls: point.falls,
    pauseUs: point.pauseNs / 1000,
  };
}
