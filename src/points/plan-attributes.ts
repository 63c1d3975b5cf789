/**
 * What must be done to the attributes of mappings of now to make them those of a point: data that
 * describes work. The mappings themselves are those of the point already.
 */
import type { Range } from '../procfs/maps.ts';
import type { AttributeRange } from '../procfs/smaps.ts';

export type AttributeStep = Range &
  (
    | { readonly kind: 'advise'; readonly advice: Advice }
    | { readonly kind: 'lock' | 'lock-on-fault' | 'unlock' }
    | { readonly kind: 'key'; readonly key: number }
  );

/** Names of madvise(2), without their MADV_. */
export type Advice =
  | 'NORMAL'
  | 'RANDOM'
  | 'SEQUENTIAL'
  | 'DONTFORK'
  | 'DOFORK'
  | 'MERGEABLE'
  | 'UNMERGEABLE'
  | 'HUGEPAGE'
  | 'NOHUGEPAGE'
  | 'DONTDUMP'
  | 'DODUMP'
  | 'WIPEONFORK'
  | 'KEEPONFORK';

/** Flags that an advice sets and another takes away. */
const ADVICE: readonly (readonly [flag: string, set: Advice, clear: Advice])[] = [
  ['sr', 'SEQUENTIAL', 'NORMAL'],
  ['rr', 'RANDOM', 'NORMAL'],
  ['dc', 'DONTFORK', 'DOFORK'],
  ['mg', 'MERGEABLE', 'UNMERGEABLE'],
  ['dd', 'DONTDUMP', 'DODUMP'],
  ['wf', 'WIPEONFORK', 'KEEPONFORK'],
];

/** Flags of mmap(2): only mapping anew sets or clears them. */
const MMAP_FLAGS = ['gd', 'nr', 'dp'];

/** What of two lists of attributes is to be compared where. */
interface Difference extends Range {
  readonly have: AttributeRange;
  readonly want: AttributeRange;
}

/** A plan for what calls can change. */
export function planAttributes(
  now: readonly AttributeRange[],
  wanted: readonly AttributeRange[],
): AttributeStep[] {
  const steps: AttributeStep[] = [];
  for (const { start, end, have, want } of findDifferences(now, wanted)) {
    const range = { start, end };
    const advice = [
      ...planReading(have, want),
      ...planSwitches(have, want),
      ...planHuge(have, want),
    ];
    for (const each of advice) steps.push({ ...range, kind: 'advise', advice: each });
    if (have.key !== want.key) steps.push({ ...range, kind: 'key', key: want.key });
    const lock = planLock(have, want);
    if (lock !== undefined) steps.push({ ...range, kind: lock });
  }
  return steps;
}

/** Ranges whose attributes no call can change: they have to be mapped anew. */
export function findIrreparable(
  now: readonly AttributeRange[],
  wanted: readonly AttributeRange[],
): Range[] {
  return findDifferences(now, wanted)
    .filter(({ have, want }) => !isReparable(have, want))
    .map(({ start, end }) => ({ start, end }));
}

/** Ranges with attributes that no call takes back: where mapping anew is no way they stay. */
export function findLasting(
  now: readonly AttributeRange[],
  wanted: readonly AttributeRange[],
): Range[] {
  return findDifferences(now, wanted)
    .filter(({ have, want }) => isLasting(have, want) || isSealedSince(have, want))
    .map(({ start, end }) => ({ start, end }));
}

/** Parts of both lists that overlap and differ in anything but protection. */
export function findDifferences(
  now: readonly AttributeRange[],
  wanted: readonly AttributeRange[],
): Difference[] {
  const differences: Difference[] = [];
  let index = 0;
  for (const want of wanted) {
    while ((now[index]?.end ?? Infinity) <= want.start) index += 1;
    for (let at = index; ; at += 1) {
      const have = now[at];
      if (have === undefined || have.start >= want.end) break;
      if (isAlike(have, want)) continue;
      const start = Math.max(have.start, want.start);
      differences.push({ start, end: Math.min(have.end, want.end), have, want });
    }
  }
  return differences;
}

function isAlike(have: AttributeRange, want: AttributeRange): boolean {
  if (have.key === want.key && have.flags === want.flags) return true;
  const isSame = (flag: string): boolean => have.flags.has(flag) === want.flags.has(flag);
  return (
    have.key === want.key &&
    ADVICE.every(([flag]) => isSame(flag)) &&
    ['hg', 'nh', 'lo', 'lf', ...MMAP_FLAGS].every(isSame) &&
    !isSealedSince(have, want)
  );
}

/** Nothing can be mapped in the place of what is shared, nor of what is sealed. */
function isReparable(have: AttributeRange, want: AttributeRange): boolean {
  return want.flags.has('sh') || !isLasting(have, want);
}

function isSealedSince(have: AttributeRange, want: AttributeRange): boolean {
  return have.flags.has('sl') && !want.flags.has('sl');
}

function isLasting(have: AttributeRange, want: AttributeRange): boolean {
  // Once advised about huge pages, a mapping can get the other advice, but not lose both.
  const isHugeKept = ['hg', 'nh'].some((flag) => have.flags.has(flag)) && !isHugeAdvised(want);
  return isHugeKept || MMAP_FLAGS.some((flag) => have.flags.has(flag) !== want.flags.has(flag));
}

function isHugeAdvised({ flags }: AttributeRange): boolean {
  return flags.has('hg') || flags.has('nh');
}

/** SEQUENTIAL, RANDOM and NORMAL exclude each other. */
function planReading(have: AttributeRange, want: AttributeRange): Advice[] {
  const of = ({ flags }: AttributeRange): Advice =>
    flags.has('sr') ? 'SEQUENTIAL' : flags.has('rr') ? 'RANDOM' : 'NORMAL';
  return of(have) === of(want) ? [] : [of(want)];
}

function planSwitches(have: AttributeRange, want: AttributeRange): Advice[] {
  return ADVICE.slice(2).flatMap(([flag, set, clear]) => {
    if (have.flags.has(flag) === want.flags.has(flag)) return [];
    return [want.flags.has(flag) ? set : clear];
  });
}

function planHuge(have: AttributeRange, want: AttributeRange): Advice[] {
  if (want.flags.has('hg')) return have.flags.has('hg') ? [] : ['HUGEPAGE'];
  return want.flags.has('nh') && !have.flags.has('nh') ? ['NOHUGEPAGE'] : [];
}

function planLock(
  have: AttributeRange,
  want: AttributeRange,
): 'lock' | 'lock-on-fault' | 'unlock' | undefined {
  const of = ({ flags }: AttributeRange): 'lock' | 'lock-on-fault' | 'unlock' =>
    flags.has('lo') ? (flags.has('lf') ? 'lock-on-fault' : 'lock') : 'unlock';
  return of(have) === of(want) ? undefined : of(want);
}
