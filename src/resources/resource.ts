/**
 * What a kind of kernel state must offer to be put back: one interface, of which every folder here
 * is one implementation. The engine loops over their list and names none.
 *
 *   point     capture ─▶ image ─▶ release
 *   rollback  prepare ─▶ plan, or an obstacle    everything that can fail; touches nothing
 *             ── commit ──
 *             loosen ─▶ nothing of it is in the way of the others
 *             apply ─▶ what is lost               cannot be refused any more
 */
import type { Claims } from './claims.ts';
import type { Stopped } from './stopped.ts';

/** Why a rollback is refused, in words that fit behind "point 3: ". */
export class Obstacle {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Kinds of state, as bits of struct tjmp's `lost`: include/belay.h. */
export const LOST = {
  memory: 1,
  mappings: 2,
  threads: 4,
  descriptors: 8,
  locks: 16,
  signals: 32,
  privileges: 64,
  /** All that is named may be as it was: it was not looked at when the point was made. */
  unsure: 128,
  terminals: 256,
  contents: 512,
  timers: 1024,
  attributes: 2048,
  shared: 4096,
  peers: 8192,
} as const;

/** Something that does not come back as it was: which kind, and in words for the log. */
export interface Named {
  readonly bit: number;
  readonly text: string;
  /** It may be as it was: nobody has looked. */
  readonly isGuess?: true;
}

/** As struct tjmp has them. */
export function lostBits(lost: readonly Named[]): number {
  const bits = lost.reduce((all, { bit }) => all | bit, 0);
  const isGuessed = lost.length > 0 && lost.every(({ isGuess }) => isGuess === true);
  return isGuessed ? bits | LOST.unsure : bits;
}

/** What a rollback has done, as counted by the resources. */
export interface RollbackCounts {
  pagesRestored: number;
  pagesDropped: number;
  mappingsRestored: number;
  threadsEnded: number;
  threadsRecreated: number;
  descriptorsClosed: number;
}

export interface Applied {
  readonly counts?: Partial<RollbackCounts>;
  readonly lost?: readonly Named[];
}

export interface Resource<Image = unknown, Plan = unknown> {
  /** As in the documents: "address space". */
  readonly name: string;

  /**
   * What there is now, as immutable plain data; `before` is that of the newest point, to share what
   * has not changed. Total, or it throws and has lost nothing.
   */
  capture(stopped: Stopped, before: Image | undefined): Image;

  /**
   * Find out all that can be known beforehand, and acquire by `claims` all that can be refused.
   * The program is as before when the claims are given back.
   */
  prepare(stopped: Stopped, image: Image, claims: Claims): Plan | Obstacle;

  /** After the commit, before any `apply`: let go of what the others' are about to change. */
  loosen?(stopped: Stopped, plan: Plan): void;

  /** After the commit. Throws only for what no look beforehand could have told. */
  apply(stopped: Stopped, plan: Plan): Applied;

  /** Pages saved for it. */
  pagesOf?(image: Image): number;

  /** What will not come back, known already when the point is made. @param timeMs when it was */
  losses?(image: Image, timeMs: number): readonly Named[];

  /** The last point that has this image goes. */
  release(image: Image): void;

  /** The image as bytes, with all it refers to but the contents of pages; versioned. */
  encode(image: Image): Uint8Array;
  decode(bytes: Uint8Array): Image;

  /** A thread has ended. */
  forgetThread?(tid: number): void;

  /** The process is gone, or has another address space. */
  close(): void;
}
