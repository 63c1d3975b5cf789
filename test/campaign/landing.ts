/** What a point says of how it was come back to, held against what was announced. */
import type { Snapshot } from './checker.ts';
import { LifeFailure } from './life-failure.ts';
import { CAUSE, type Fall, OPS, type Parked, type Point } from './wire.ts';

/** A point as it was first reached. */
export interface LivePoint {
  cd: number;
  snapshot: Snapshot;
  parked: Parked[];
  rollbacks: number;
  /** What it said last. */
  said: Point;
}

export interface Expected {
  target: LivePoint;
  newest: LivePoint;
  /** tlongjmp's, or that of the rewind; -1: neither. */
  value: number;
  /** What came first is not known: another thread's fall, or that of a program in ruins. */
  uncertain: boolean;
}

export const WHY_SIZE = 56;
/** In struct tjmp: the bits of what did not come back. */
export const LOST_OFFSET = 48;
export const LOST_MAPPINGS = 2;
const NO_ADDRESS = (1n << 64n) - 1n;
/** Signals that need not be those of the announced fall: other threads may fall first. */
const OTHERS_MAY_FALL = new Set(['born-bare', 'born-libc', 'map-over', 'mremap-over']);

export function isUncertain(fall: Fall | undefined, story: readonly string[]): boolean {
  const ruined = fall === undefined || (fall.how >= 100 && fall.how < 200);
  const born = story.some((line) =>
    OTHERS_MAY_FALL.has(OPS.find((op) => line.startsWith(`  ${op} `)) ?? ''),
  );
  return ruined || born;
}

export function describePoint(point: Point): string {
  const { type: _type, address, ip, ...rest } = point;
  const words = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return `${words.join(' ')} address 0x${address.toString(16)} ip 0x${ip.toString(16)}`;
}

/** @throws LifeFailure where the point says what cannot be */
export function checkLanding(fall: Fall | undefined, point: Point, expected: Expected): void {
  const { target, newest, value, uncertain } = expected;
  const says = `it says ${describePoint(point)}`;
  if (point.size !== WHY_SIZE) throw new LifeFailure(`the answer's size is ${point.size}`);
  if (point.cause === CAUSE.saved) throw new LifeFailure(`a rollback without a cause: ${says}`);
  if (uncertain && point.cause === CAUSE.signal && point.cd === newest.cd) return;
  if (fall?.name === 'tlongjmp') {
    if (point.cause !== CAUSE.longjmp || point.cd !== target.cd || point.value !== value)
      throw new LifeFailure(`tlongjmp(${target.cd}, ${value}), but ${says}`);
    return;
  }
  if (point.cause !== CAUSE.signal || point.cd !== newest.cd)
    throw new LifeFailure(`fell by ${fall?.name ?? 'another thread'}, but ${says}`);
  if (fall === undefined || uncertain) return;
  if (point.signo !== fall.signo) throw new LifeFailure(`signal ${fall.signo}, but ${says}`);
  if (fall.address !== NO_ADDRESS && fall.address !== point.address)
    throw new LifeFailure(`address 0x${fall.address.toString(16)}, but ${says}`);
}

/** @throws LifeFailure where a rewind from outside is told of as something else */
export function checkRewind(point: Point, cd: number, value: number): void {
  const isRight = point.cause === CAUSE.operator && point.cd === cd && point.value === value;
  if (!isRight || point.size !== WHY_SIZE || point.signo !== 0)
    throw new LifeFailure(`rewound to ${cd}, value ${value}, but it says ${describePoint(point)}`);
}

/** Whether the two say the same: a clock's point may lie before the target's own word. */
export function saysTheSame(a: Point, b: Point): boolean {
  return describePoint(a) === describePoint(b);
}
