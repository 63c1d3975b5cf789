/** Finds all there is in memory about which nothing is known. */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import { PAGES_PER_CHUNK } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { Coverage } from './coverage.ts';
import { joinRanges } from './join-ranges.ts';
import type { Sweep } from './sweep.ts';
import { PageRanges } from './page-ranges.ts';
import type { Part, WrittenPages } from './written-pages.ts';

export interface Explored {
  /** What was looked at: sorted. */
  readonly parts: readonly Part[];
  /** The pages there that hold something of their own. */
  readonly own: PageRanges;
  /** What is to be protected, before any of it is saved. */
  readonly ranges: readonly Range[];
  /** Pieces of large mappings that were touched for the first time, among the ranges. */
  readonly pieces: Range[];
}

export interface Unknown {
  /** New mappings, of which large ones are explored by pieces. */
  readonly renewed: readonly Range[];
  /** Parts that are to be looked at in any case. */
  readonly pending: readonly Range[];
}

/** By what memory is looked at; the sweep has begun. */
export interface Ways {
  readonly coverage: Coverage;
  readonly written: WrittenPages;
  readonly sweep: Sweep;
}

/** `files`: private mappings of files. Guard pages go to `guards`. */
export function explore(
  { coverage, written, sweep }: Ways,
  { renewed, pending }: Unknown,
  files: readonly Range[],
  guards: PageRanges,
): Explored {
  const small = renewed.filter((range) => !coverage.isLarge(range));
  const pieces = explorePieces({ coverage, written, sweep }, files);
  const ranges = joinRanges([...small, ...pieces, ...pending]);
  const parts = splitByKind(ranges, files);
  const own = new PageRanges();
  for (const part of parts) own.append(listSure(written, part, guards).own);
  return { parts, own, ranges, pieces };
}

/**
 * The pages with something of their own in [start, end), which was found written and has been
 * protected since. A hole that is protected looks as what is swapped out does, and is filled by
 * reading it: the kernel need not have a page of zeros for that (seen with 6.18).
 */
export function listFound(
  written: WrittenPages,
  start: number,
  end: number,
  guards: PageRanges,
): PageRanges {
  const part = { start: start * PAGE_SIZE, end: end * PAGE_SIZE, isOfFiles: true };
  const { own, isLifted } = listSure(written, part, guards);
  if (isLifted) written.protect(part.start, part.end);
  return own;
}

/** As `listOwn`, without holes that are protected: that is lifted where there may be any. */
function listSure(written: WrittenPages, part: Part, guards: PageRanges) {
  const own = new PageRanges();
  const isLifted = !written.listOwn(own, part, guards);
  if (isLifted) {
    written.lift(part.start, part.end);
    own.clear();
    written.listOwn(own, part);
  }
  return { own, isLifted };
}

/** The pieces of large mappings in which something is found for the first time. */
function explorePieces({ coverage, written, sweep }: Ways, files: readonly Range[]): Range[] {
  const [own, guards] = [new PageRanges(), new PageRanges()];
  for (const part of splitByKind(sweep.others, files)) written.listOwn(own, part, guards);
  const pages = new Map<number, number>();
  for (const found of [own, guards, sweep.own, sweep.guards]) {
    found.forEachChunk((page) => pages.set(Math.floor(page / PAGES_PER_CHUNK), page));
  }
  return [...pages.values()].flatMap((page) => coverage.explore(page));
}

/** Parts of `ranges` in `files` and outside; both are sorted. */
function splitByKind(ranges: readonly Range[], files: readonly Range[]): Part[] {
  const parts: Part[] = [];
  let next = 0;
  for (const { start, end } of ranges) {
    for (let from = start; from < end;) {
      while ((files[next]?.end ?? Infinity) <= from) next += 1;
      const file = files[next] ?? { start: Infinity, end: Infinity };
      const isOfFiles = file.start <= from;
      const to = Math.min(end, isOfFiles ? file.end : file.start);
      parts.push({ start: from, end: to, isOfFiles });
      from = to;
    }
  }
  return parts;
}
