/** A fallback point: what was saved of a process, and what has become of it since. */

export type PointOrigin = 'program' | 'operator' | 'every';

/**
 * What every resource has saved, in the order of their list. Immutable plain data: no live handle,
 * no pooled buffer; page contents are named by their version in the page store.
 */
export type PointImage = readonly unknown[];

export interface Point {
  readonly cd: number;
  readonly origin: PointOrigin;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The same by the supervisor's performance.now(). */
  readonly madeMs: number;
  /** The thread that made it; of one made from outside, any. */
  readonly tid: number;
  readonly threads: number;
  /** Where its struct tjmp is; 0: none. */
  readonly why: number;
  /** How many bytes of it the program knows. */
  readonly whySizeBytes: number;
  readonly image: PointImage;
  readonly pauseNs: number;
  /** Pages saved when it was made. */
  readonly pages: number;
  rollbacks: number;
  /** Falls on it since a newer point was left behind. */
  falls: number;
  /** Forgotten, but the newest: kept as the base of the next one. */
  isHidden: boolean;
}
