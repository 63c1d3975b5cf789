/**
 * Looks through the address space for written pages.
 *
 * The kernel writes to the area of a thread's restartable sequences each time that the thread goes
 * on from a stop. Were those pages protected at each point like others, each would cost a flush of
 * the processors' TLBs, and then a fault. They are left unprotected, count as written, and are
 * compared with what was saved (page-saver.ts). So are pages beside them that nobody has written.
 *
 * In fields (plan-sweep.ts), as the stacks of many threads make them, one walk tells what was
 * written around such pages, and what is there in parts that are not explored yet. It protects
 * nothing: that is done to what was written and is not busy, by a scan for each stack that ran.
 *
 * What is called busy need not be: it is only dearer, or cheaper, to have it wrong.
 */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { findMapping, type Range } from '../../procfs/maps.ts';
import {
  PAGE_IS_GUARD,
  PAGE_IS_PFNZERO,
  PAGE_IS_PRESENT,
  PAGE_IS_SWAPPED,
  SCAN_WRITTEN_KINDS,
} from '../../sys/pagemap-scan.ts';
import type { Thread, ThreadGroup } from '../../tracee/thread.ts';
import type { Coverage } from './coverage.ts';
import { joinRanges } from './join-ranges.ts';
import type { MappingTable } from './mapping-table.ts';
import { planSweep, type SweepPlan } from './plan-sweep.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

/** A part of a field that is not explored, or is looked at anew. */
interface Mark extends Range {
  readonly isWithin: boolean;
}

/** Of what was written in a field: busy pages are not protected. */
interface Run extends Range {
  readonly isBusy: boolean;
}

const NOTHING: SweepPlan = { steps: [], within: [], others: [] };

/** What is mapped, and what of it is looked at otherwise. */
export interface Site {
  readonly table: MappingTable;
  /** Memory that no watch covers. */
  readonly refused: readonly Range[];
  /** All of it is looked at, protected and saved before what was written is taken. */
  readonly anew: readonly Range[];
}

export class Sweep {
  /** What is there in unexplored parts of fields, and guard pages there. */
  readonly own = new PageRanges();
  readonly guards = new PageRanges();
  private readonly written: WrittenPages;
  private readonly coverage: Coverage;
  private readonly group: ThreadGroup;
  private readonly seen = new PageRanges();
  private plan = NOTHING;
  private busy: readonly number[] = [];
  private busySet: ReadonlySet<number> = new Set();
  /** What the plan was made of. */
  private areas: readonly number[] = [];
  private spans: readonly Range[] | undefined = undefined;
  private site: Site | undefined = undefined;

  constructor(written: WrittenPages, coverage: Coverage, group: ThreadGroup) {
    this.written = written;
    this.coverage = coverage;
    this.group = group;
  }

  /** Look at fields, before anything is protected. */
  begin(site: Site): void {
    this.prepare(site);
    const { own, guards, seen, plan } = this;
    for (const ranges of [own, guards, seen]) ranges.clear();
    if (!plan.steps.some(({ kind }) => kind === 'field')) return;
    const marks = this.markParts(site);
    let next = 0;
    const take = (start: number, end: number, categories: number): void => {
      for (let from = start; from < end;) {
        while ((marks[next]?.end ?? Infinity) <= from) next += 1;
        const mark = marks[next];
        const isInside = mark !== undefined && mark.start <= from;
        const to = Math.min(end, (isInside ? mark.end : mark?.start) ?? end);
        if (!isInside) seen.pushJoined(from / PAGE_SIZE, to / PAGE_SIZE);
        else if (mark.isWithin) this.takeOwn(from / PAGE_SIZE, to / PAGE_SIZE, categories);
        from = to;
      }
    };
    for (const step of plan.steps) {
      if (step.kind === 'field') this.written.forEachRegion(SCAN_WRITTEN_KINDS, step, take);
    }
  }

  /** Unexplored parts that are in no field: nobody has looked at them. */
  get others(): readonly Range[] {
    return this.plan.others;
  }

  /** Unexplored parts that are in fields. */
  get within(): readonly Range[] {
    return this.plan.within;
  }

  /** What is unexplored and may have guard pages. */
  get unsure(): readonly Range[] {
    return this.guards.length > 0 ? this.coverage.unexplored : this.others;
  }

  get busyCount(): number {
    return this.busy.length;
  }

  /** The page is left unprotected. */
  isBusy(page: number): boolean {
    return this.busySet.has(page);
  }

  /**
   * Append the written pages to `found`, in order. With `protect` all that are not busy are
   * protected again; without, ranges of `untracked` mappings are left out.
   */
  take(found: PageRanges, protect: boolean, untracked: readonly Range[]): void {
    const { plan, seen } = this;
    const runs = protect ? this.runsSeen() : [];
    let next = 0;
    for (const step of plan.steps) {
      if (step.kind === 'protect') this.written.scan(found, step, protect, untracked);
      else if (step.kind === 'busy') found.push(step.start / PAGE_SIZE, step.end / PAGE_SIZE);
      else if (protect) {
        for (; (runs[next]?.start ?? Infinity) < step.end; next += 1) {
          this.takeAndProtect(found, at(runs, next));
        }
      } else {
        for (; (seen.starts[next] ?? Infinity) * PAGE_SIZE < step.end; next += 1) {
          found.push(at(seen.starts, next), at(seen.ends, next));
        }
      }
    }
  }

  /** Protect all outside of fields, and but for what is busy. */
  protectAgain(site: Site): void {
    this.prepare(site);
    for (const { start, end, kind } of this.plan.steps) {
      if (kind === 'protect') this.written.protect(start, end);
    }
  }

  private takeOwn(start: number, end: number, categories: number): void {
    if ((categories & PAGE_IS_PFNZERO) !== 0) return;
    if ((categories & PAGE_IS_GUARD) !== 0) this.guards.push(start, end);
    else if ((categories & (PAGE_IS_PRESENT | PAGE_IS_SWAPPED)) !== 0) this.own.push(start, end);
  }

  /** What others wrote there since it was looked at is told by the walk that protects it. */
  private takeAndProtect(found: PageRanges, run: Run): void {
    if (run.isBusy) found.push(run.start / PAGE_SIZE, run.end / PAGE_SIZE);
    else this.written.scan(found, run, true, []);
  }

  /** What was written in fields: in as few runs as do not touch anything busy or unexplored. */
  private runsSeen(): Run[] {
    const joined: Run[] = [];
    for (const run of this.runsApart()) {
      const last = joined.at(-1);
      const isJoined = last !== undefined && !last.isBusy && !run.isBusy;
      if (!isJoined || this.isParted(last.end, run.start)) joined.push(run);
      else joined[joined.length - 1] = { ...last, end: run.end };
    }
    return joined;
  }

  /** `seen`, parted at its busy pages. */
  private runsApart(): Run[] {
    const { seen, busy } = this;
    const runs: Run[] = [];
    const push = (start: number, end: number, isBusy: boolean): void => {
      if (start < end) runs.push({ start: start * PAGE_SIZE, end: end * PAGE_SIZE, isBusy });
    };
    for (let index = 0; index < seen.length; index += 1) {
      const end = at(seen.ends, index);
      let start = at(seen.starts, index);
      for (let next = lowerBound(busy, start, itself); start < end; next += 1) {
        const stop = Math.min(busy[next] ?? end, end);
        push(start, stop, false);
        push(stop, Math.min(stop + 1, end), true);
        start = stop + 1;
      }
    }
    return runs;
  }

  /** Whether something busy or unexplored lies in [start, end). */
  private isParted(start: number, end: number): boolean {
    const next = this.busy[lowerBound(this.busy, start / PAGE_SIZE, itself)];
    if ((next ?? Infinity) < end / PAGE_SIZE) return true;
    return meets(this.coverage.unexplored, { start, end });
  }

  /** What is not to be taken as written: in order. */
  private markParts({ anew }: Site): readonly Mark[] {
    const { plan, coverage } = this;
    const within = plan.within.map(({ start, end }) => ({ start, end, isWithin: true }));
    const small = anew.filter((range) => !coverage.isLarge(range));
    const others = joinRanges([...plan.others, ...small]);
    const marks = [...within, ...others.map(({ start, end }) => ({ start, end, isWithin: false }))];
    return marks.sort((one, other) => one.start - other.start);
  }

  private prepare(site: Site): void {
    const { spans, unexplored } = this.coverage;
    const isSame = spans === this.spans && site.table === this.site?.table;
    const isPlain = [site, this.site].every((each) => !hasOthers(each));
    if (isSame && isPlain && this.hasSameAreas()) return;
    this.areas = this.readAreas();
    this.spans = spans;
    this.site = site;
    const pages = new Set(this.areas.filter((page) => this.mayBeBusy(page, site)));
    this.busySet = pages;
    this.busy = [...pages].sort((one, other) => one - other);
    const isApart = (range: Range) => meets(site.table.privateFiles, range);
    this.plan = planSweep({ spans, unexplored, isApart }, this.busy);
  }

  private mayBeBusy(page: number, { table, refused, anew }: Site): boolean {
    const range = { start: page * PAGE_SIZE, end: (page + 1) * PAGE_SIZE };
    if (findMapping(table.tracked, range.start) === undefined) return false;
    if (meets(this.coverage.unexplored, range)) return false;
    return ![...refused, ...anew].some(({ start, end }) => start < range.end && end > range.start);
  }

  /** The pages with the areas of all threads, in the order of threads. */
  private readAreas(): number[] {
    return [...this.group.threads.values()].map(pageOfArea);
  }

  private hasSameAreas(): boolean {
    const { areas, group } = this;
    let index = 0;
    for (const thread of group.threads.values()) {
      if (pageOfArea(thread) !== areas[index]) return false;
      index += 1;
    }
    return index === areas.length;
  }
}

/** 0 where it has none. */
function pageOfArea(thread: Thread): number {
  return Math.floor((thread.readRseqArea()?.address ?? 0) / PAGE_SIZE);
}

function hasOthers(site: Site | undefined): boolean {
  return site !== undefined && site.refused.length + site.anew.length > 0;
}

/** Whether a range lies in one of others, or over its edge; those are in order, and apart. */
function meets(ranges: readonly Range[], { start, end }: Range): boolean {
  const first = lowerBound(ranges, start + 1, (range) => range.end);
  return (ranges[first]?.start ?? Infinity) < end;
}

/** The index of the first whose value is not less than `wanted`; they ascend. */
function lowerBound<T>(list: readonly T[], wanted: number, valueOf: (each: T) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueOf(at(list, middle)) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const itself = (page: number): number => page;
