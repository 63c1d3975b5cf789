/** Written pages of private file mappings that have been dropped since: no scan reports them. */
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import { ABSENT } from '../../points/page-index.ts';
import type { MappingTable } from './mapping-table.ts';
import { WrittenFiles } from './written-files.ts';
import { PageRanges } from './page-ranges.ts';
import type { WrittenPages } from './written-pages.ts';

export class DroppedPages {
  private readonly written: WrittenPages;
  private readonly history: PageHistory;
  private readonly files = new WrittenFiles();
  private readonly away = new PageRanges();
  private readonly readIn = new PageRanges();

  constructor(written: WrittenPages, history: PageHistory) {
    this.written = written;
    this.history = history;
  }

  /** A page has its first saved version. */
  invalidate(): void {
    this.files.invalidate();
  }

  /** Look at them again: for a point, which they have no version at, or for a rollback. */
  find(found: PageRanges, table: MappingTable, delta: PageDelta | undefined): void {
    const { history, away, readIn } = this;
    this.written.findDropped(readIn, away, this.files.rangesOf(table, history.current));
    away.forEachVersion(history.current, (page) => {
      if (delta !== undefined) delta.seen ??= new Set(delta.pages);
      found.push(page, page + 1);
    });
    readIn.forEachVersion(history.current, (page) => {
      if (delta === undefined) found.push(page, page + 1);
      else {
        delta.seen ??= new Set(delta.pages);
        history.record(delta, page, ABSENT);
      }
    });
    away.clear();
    readIn.clear();
  }
}
