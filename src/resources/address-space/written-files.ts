/** Where private mappings of files have saved pages: found once, as long as nothing changes. */
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { Range } from '../../procfs/maps.ts';
import type { PageIndex } from '../../points/page-index.ts';
import { joinRanges } from './join-ranges.ts';
import type { MappingTable } from './mapping-table.ts';

export class WrittenFiles {
  private table: MappingTable | undefined = undefined;
  private isStale = true;
  private chunkCount = 0;
  private ranges: readonly Range[] = [];

  /** A page has its first saved version. */
  invalidate(): void {
    this.isStale = true;
  }

  rangesOf(table: MappingTable, current: PageIndex): readonly Range[] {
    const { chunkCount } = current;
    if (this.table === table && !this.isStale && this.chunkCount === chunkCount) return this.ranges;
    const written = table.privateFiles.filter(({ start, end }) => {
      let count = 0;
      current.forEachIn(start / PAGE_SIZE, end / PAGE_SIZE, () => (count += 1));
      return count > 0;
    });
    this.ranges = joinRanges(written);
    this.table = table;
    this.isStale = false;
    this.chunkCount = chunkCount;
    return this.ranges;
  }
}
