/**
 * Divides the address space by how it is looked through for written pages: see sweep.ts.
 *
 *     explored     ├──────────┤      ├─■─┤       ├─■─┤       ├─■─┤  ├──────■──────┤   ■ busy
 *     step          protect     field                            protect  busy protect
 *
 * A field is what lies between busy pages that are near to each other, and the unexplored part
 * before the first, with which a thread's stack begins.
 */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { Range } from '../../procfs/maps.ts';

/**
 * What is explored between two busy pages of a field is walked without the kernel's shortest way:
 * chosen, so that this costs less than to ask of it by itself.
 */
const GAP_MAX_BYTES = 4 << 20;

/** A part of it, and how it is looked through. */
export interface Step extends Range {
  /**
   * `protect`: what was written is protected in the same walk; `field`: it is not; `busy`: a page
   * that is written in any case, and not asked for.
   */
  readonly kind: 'protect' | 'field' | 'busy';
}

export interface SweepPlan {
  /** In order, and apart from each other. */
  readonly steps: readonly Step[];
  /** What is unexplored in fields; in order. */
  readonly within: readonly Range[];
  /** What else is unexplored. */
  readonly others: readonly Range[];
}

/** What is explored and what is not, both in order. */
export interface Ground {
  readonly spans: readonly Range[];
  readonly unexplored: readonly Range[];
  /** Whether a part of the unexplored is looked at by itself, wherever it lies. */
  readonly isApart: (range: Range) => boolean;
}

/** `busy`: page numbers, ascending, each in what is explored. */
export function planSweep(
  { spans, unexplored, isApart }: Ground,
  busy: readonly number[],
): SweepPlan {
  const fields = joinBusy(busy, unexplored);
  const isWithin = (range: Range) =>
    !isApart(range) &&
    fields.some(({ start, end, kind }) => {
      return kind === 'field' && range.start >= start && range.end <= end;
    });
  return {
    steps: layOut(spans, fields),
    within: unexplored.filter(isWithin),
    others: unexplored.filter((range) => !isWithin(range)),
  };
}

/** Those that are near to each other as one. */
function joinBusy(busy: readonly number[], unexplored: readonly Range[]): Step[] {
  const steps: Step[] = [];
  let next = 0;
  for (const page of busy) {
    const [start, end] = [page * PAGE_SIZE, (page + 1) * PAGE_SIZE];
    // What is unexplored between the last one and this.
    const from = steps.at(-1)?.end ?? 0;
    let [holeBytes, first] = [0, Infinity];
    for (; (unexplored[next]?.start ?? Infinity) < start; next += 1) {
      const hole = unexplored[next];
      if (hole === undefined || hole.start < from) continue;
      holeBytes += hole.end - hole.start;
      if (start - hole.end <= GAP_MAX_BYTES) first = Math.min(first, hole.start);
    }
    if (steps.length > 0 && start - from - holeBytes <= GAP_MAX_BYTES) {
      steps.push({ start: steps.pop()?.start ?? start, end, kind: 'field' });
    } else if (first < start) steps.push({ start: first, end, kind: 'field' });
    else steps.push({ start, end, kind: 'busy' });
  }
  return steps;
}

/** The fields, and the spans without them. */
function layOut(spans: readonly Range[], fields: readonly Step[]): Step[] {
  const steps: Step[] = [...fields];
  for (const { start, end } of spans) {
    let from = start;
    for (const field of fields) {
      if (field.end <= from) continue;
      if (field.start >= end) break;
      if (from < field.start) steps.push({ start: from, end: field.start, kind: 'protect' });
      from = field.end;
    }
    if (from < end) steps.push({ start: from, end, kind: 'protect' });
  }
  return steps.sort((one, other) => one.start - other.start);
}
