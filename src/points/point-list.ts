/**
 * The points of one process, oldest first.
 *
 * The newest, when it is forgotten, stays hidden as the base of the next one, so that the pattern
 * "point, forget, point, forget" costs what was written in between.
 *
 * Invariants
 * 1. Descriptors ascend, and none is used twice.
 * 2. `release` is called once for every point that goes.
 * 3. Only the newest can be hidden.
 */
import assert from 'node:assert/strict';
import type { Point } from './point.ts';

export class PointList {
  private readonly points: Point[] = [];
  private readonly release: (point: Point) => void;

  /** `release` is told of each point that goes, while those newer than it are still there. */
  constructor(release: (point: Point) => void) {
    this.release = release;
  }

  /** Hidden ones too. */
  get length(): number {
    return this.points.length;
  }

  get newest(): Point | undefined {
    return this.points.at(-1);
  }

  /** Those that can be gone back to, oldest first. */
  get live(): readonly Point[] {
    return this.points.filter((point) => !point.isHidden);
  }

  /** How many there are to go back to. */
  get liveCount(): number {
    return this.points.length - (this.newest?.isHidden === true ? 1 : 0);
  }

  get hasLive(): boolean {
    return this.points.length > 1 || this.points[0]?.isHidden === false;
  }

  /** Those that can be gone back to, newest first. */
  *newestFirst(): Generator<Point> {
    for (let index = this.points.length - 1; index >= 0; index -= 1) {
      const point = this.points[index];
      if (point !== undefined && !point.isHidden) yield point;
    }
  }

  find(cd: number): Point | undefined {
    for (let index = this.points.length - 1; index >= 0; index -= 1) {
      const point = this.points[index];
      if (point?.cd === cd) return point.isHidden ? undefined : point;
    }
    return undefined;
  }

  add(point: Point): void {
    const hidden = this.newest;
    assert(hidden === undefined || hidden.cd < point.cd, 'descriptors ascend');
    if (hidden?.isHidden === true) this.drop(hidden);
    // Whatever lies behind the newest point was survived: its count of falls starts anew.
    const passed = this.newest;
    for (const older of this.points) if (older !== passed) older.falls = 0;
    this.points.push(point);
  }

  forget(point: Point): void {
    for (const older of this.points) if (older.cd < point.cd) older.falls = 0;
    point.isHidden = true;
    if (this.newest !== point) this.drop(point);
  }

  /**
   * Whether another point is allowed beside at most `most` in all. The oldest of those that the
   * clock has made give way: the next will be made for them.
   */
  makeRoom(most: number): boolean {
    while (this.liveCount >= most) {
      const oldest = this.points.find(({ origin, isHidden }) => origin === 'every' && !isHidden);
      if (oldest === undefined) return false;
      this.forget(oldest);
    }
    return true;
  }

  /** Nobody wants the base of the next point: that costs as much as if it had been made before. */
  dropHidden(): boolean {
    const hidden = this.newest;
    if (hidden?.isHidden !== true) return false;
    this.drop(hidden);
    return true;
  }

  /** A rollback to `point` has been done. */
  dropNewerThan(point: Point): void {
    assert(this.points.includes(point), 'a rollback goes to a point of this process');
    for (let newest = this.newest; newest !== undefined && newest !== point; newest = this.newest) {
      this.points.pop();
      this.release(newest);
    }
  }

  private drop(point: Point): void {
    const index = this.points.indexOf(point);
    assert(index >= 0, 'a point goes once');
    this.release(point);
    this.points.splice(index, 1);
  }
}
