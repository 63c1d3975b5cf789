/**
 * Makes a point: every resource captures what it is for. What a failure leaves behind: nothing.
 */
import type { Point, PointOrigin } from '../points/point.ts';
import type { Resource } from '../resources/resource.ts';
import { chooseThread } from '../resources/stopped.ts';
import type { NoRoomError } from '../store/page-limit.ts';
import type { Thread } from '../tracee/thread.ts';
import type { TracedProcess } from './traced-process.ts';
import { CAUSE, WhyError, writeWhy } from './why.ts';

export interface CheckpointRequest {
  readonly cd: number;
  readonly origin: PointOrigin;
  /** The thread that asked; its registers already hold what the call will answer. */
  readonly caller: Thread | undefined;
  /** Where its struct tjmp is, and of what size; 0: nowhere. */
  readonly why: number;
  readonly whySizeBytes: number;
  /** When the pause began, from process.hrtime. */
  readonly startedAt: [number, number];
  /** Have others make room, where there is too little; false: they cannot. */
  readonly makeRoom?: (error: NoRoomError) => boolean;
}

/** Make a point of a process that is held still. Throws; then no point was made, nothing lost. */
export function makePoint(process_: TracedProcess, request: CheckpointRequest): Point {
  const { stopped, points } = process_;
  const { caller } = request;
  stopped.chooseCaller = () => caller ?? chooseThread(process_.group);
  stopped.isMeant = request.origin !== 'every';
  try {
    const { why, whySizeBytes } = request;
    if (why !== 0 && !writeWhy(process_.target, why, whySizeBytes, { cause: CAUSE.saved })) {
      throw new WhyError(why);
    }
    const image = captureAll(process_);
    const { all } = process_.watch();
    const point: Point = {
      cd: request.cd,
      origin: request.origin,
      time: Date.now(),
      madeMs: performance.now(),
      tid: caller?.tid ?? process_.group.threads.keys().next().value ?? process_.pid,
      threads: process_.group.threads.size,
      why,
      whySizeBytes,
      image,
      pauseNs: elapsedNs(request.startedAt),
      pages: countPages(all, image),
      rollbacks: 0,
      falls: 0,
      isHidden: false,
    };
    const isMeant = request.origin !== 'every';
    process_.places.passed(points.live[0]?.cd ?? request.cd, isMeant);
    // Before the newest one goes, should it be forgotten: they share images.
    process_.imageUses.retain(image);
    points.add(point);
    return point;
  } finally {
    stopped.endCalls();
  }
}

export function elapsedNs(startedAt: [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime(startedAt);
  return seconds * 1e9 + nanoseconds;
}

/** From the last to the first, as the list says. */
function captureAll(process_: TracedProcess): unknown[] {
  const { stopped } = process_;
  const { all } = process_.watch();
  stopped.endCalls();
  const before = process_.points.newest?.image;
  const image = Array.from<unknown>({ length: all.length });
  let index = all.length - 1;
  try {
    for (; index >= 0; index -= 1) {
      image[index] = all[index]?.capture(stopped, before?.[index]);
      stopped.endCalls();
    }
    return image;
  } catch (error) {
    for (let done = index + 1; done < all.length; done += 1) {
      const resource = all[done];
      if (resource !== undefined) process_.imageUses.drop(resource, done, image[done]);
    }
    throw error;
  }
}

function countPages(all: readonly Resource[], image: readonly unknown[]): number {
  let count = 0;
  for (let index = 0; index < all.length; index += 1) {
    count += all[index]?.pagesOf?.(image[index]) ?? 0;
  }
  return count;
}
