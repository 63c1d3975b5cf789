/**
 * Guard pages (MADV_GUARD_INSTALL): pages without content that answer every touch with SIGSEGV.
 *
 * Each has the version GUARD, as another page has that of its content. Installing one drops the
 * content, removing one leaves a hole: either way the next scan reports the page as written. That
 * it is a guard shows when the kind of a page is asked, or when it cannot be read or written. They
 * can be told from Linux 6.15 on.
 */
import { PAGE_SIZE, SYS } from '../../arch/x64/syscalls.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT, GUARD } from '../../points/page-index.ts';
import type { Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { MADV_GUARD_INSTALL, MADV_GUARD_REMOVE } from '../../sys/madvise.ts';
import { MLOCK_ONFAULT } from '../../sys/mmap.ts';
import type { RemoteSource } from '../../tracee/remote-session.ts';
import { findAttributes } from './attributes.ts';
import type { MappingTable } from './mapping-table.ts';
import { splitRuns } from './page-runs.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

export class GuardPages {
  /** What the last scans have found. */
  readonly found = new PageRanges();
  private readonly written: WrittenPages;
  private readonly history: PageHistory;
  private readonly staying = new Set<number>();
  /** Whether any point ever had one. */
  private hasAny = false;

  constructor(written: WrittenPages, history: PageHistory) {
    this.written = written;
    this.history = history;
  }

  /** Those that were found are so at the point of `delta`. */
  record(delta: PageDelta): void {
    const { found, history } = this;
    if (found.length === 0) return;
    this.hasAny = true;
    delta.seen ??= new Set(delta.pages);
    found.forEachPage((page) => {
      history.record(delta, page, GUARD);
    });
    found.clear();
  }

  /** A page could not be read: it may have become one. */
  ask(page: number): void {
    this.written.findGuards(this.found, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  }

  /** The page is none any more. */
  forget(delta: PageDelta, page: number): void {
    delta.seen ??= new Set(delta.pages);
    this.history.record(delta, page, ABSENT);
  }

  /**
   * Remove those that were none at the point, before pages are written. `unsure`: where there may
   * be some although no point ever had one. Answers those that were removed, ascending.
   */
  remove(table: MappingTable, unsure: readonly Range[], remote: RemoteSource): readonly number[] {
    const { found, history, staying } = this;
    staying.clear();
    const ranges = this.hasAny ? table.tracked : unsure;
    if (ranges.length === 0) return [];
    found.clear();
    const removed: number[] = [];
    for (const { start, end } of ranges) this.written.findGuards(found, start, end);
    found.forEachPage((page) => {
      if (history.current.get(page) === GUARD) staying.add(page);
      else removed.push(page);
    });
    found.clear();
    for (const { first, end } of splitRuns(removed, table.mappings)) {
      advise(first, end, MADV_GUARD_REMOVE, remote);
    }
    return removed;
  }

  /**
   * Install those of the point that are missing, when all is written. Answers what failed.
   *
   * @param locks attributes of the point, as they are by now
   */
  install(table: MappingTable, locks: readonly AttributeRange[], remote: RemoteSource): number[] {
    if (!this.hasAny) return [];
    const missing: number[] = [];
    for (const { start, end } of table.tracked) {
      this.history.current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, (page, slot) => {
        if (slot === GUARD && !this.staying.has(page)) missing.push(page);
      });
    }
    const runs = splitRuns(missing, table.mappings);
    return runs.flatMap(({ first, end }) => {
      this.written.lift(first * PAGE_SIZE, end * PAGE_SIZE);
      const isDone =
        advise(first, end, MADV_GUARD_INSTALL, remote) || installLocked(first, end, locks, remote);
      return isDone ? [] : Array.from({ length: end - first }, (_, index) => first + index);
    });
  }
}

/** Guard pages can be in locked memory, but not be installed there: it is unlocked meanwhile. */
function installLocked(
  first: number,
  end: number,
  locks: readonly AttributeRange[],
  remote: RemoteSource,
): boolean {
  const start = first * PAGE_SIZE;
  const size = end * PAGE_SIZE - start;
  const flags = findAttributes(locks, start)?.flags;
  if (flags?.has('lo') !== true) return false;
  const { calls } = remote();
  calls.call(SYS.munlock, start, size);
  const isDone = advise(first, end, MADV_GUARD_INSTALL, remote);
  // It answers ENOMEM for what may not be touched, which is locked all the same.
  if (flags.has('lf')) calls.call(SYS.mlock2, start, size, MLOCK_ONFAULT);
  else calls.call(SYS.mlock, start, size);
  return isDone;
}

function advise(first: number, end: number, advice: number, remote: RemoteSource): boolean {
  const size = (end - first) * PAGE_SIZE;
  return remote().calls.call(SYS.madvise, first * PAGE_SIZE, size, advice) === 0;
}
