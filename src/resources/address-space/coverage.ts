/**
 * Which parts of the address space are worth a full scan.
 *
 * Protecting a hole makes the kernel build page tables for it, 8 bytes a page: nothing for ordinary
 * mappings, gigabytes for the reservations that V8, Go or a sanitizer make. So a large mapping is
 * explored by pieces of 2 MiB, each from the first time that something is found in it.
 */
import { PAGE_SIZE, TASK_SIZE } from '../../arch/x64/syscalls.ts';
import type { Range } from '../../procfs/maps.ts';
import { PAGES_PER_CHUNK } from '../../points/page-index.ts';

/**
 * Mappings from this size on are explored piece by piece. Chosen: 16 KiB of page tables at most.
 */
const LARGE_MAPPING_BYTES = 8 << 20;
const CHUNK_SIZE = PAGES_PER_CHUNK * PAGE_SIZE;

export class Coverage {
  private readonly explored = new Set<number>();
  private large: Range[] = [];
  private isStale = true;
  private spanList: Range[] = [];
  private unexploredList: Range[] = [];

  /**
   * The mappings have changed; `renewed` are new ones, about which nothing is known. What is known
   * of others stays so when they become part of a large one: `known` are the pieces with saved
   * pages.
   */
  update(mappings: readonly Range[], renewed: readonly Range[], known: Iterable<number>): void {
    this.large = mappings.filter(({ start, end }) => end - start >= LARGE_MAPPING_BYTES);
    this.isStale = true;
    if (this.large.length === 0) return;
    for (const { start, end } of renewed) {
      if (this.explored.size === 0) break;
      for (let key = firstKey(start); key * CHUNK_SIZE < end; key += 1) this.explored.delete(key);
    }
    for (const key of known) this.explored.add(key);
  }

  /** Everything but the unexplored, from address 0 on. */
  get spans(): readonly Range[] {
    this.refresh();
    return this.spanList;
  }

  /** Parts of large mappings in which nothing was found yet. */
  get unexplored(): readonly Range[] {
    this.refresh();
    return this.unexploredList;
  }

  isLarge(range: Range): boolean {
    return this.large.some(({ start, end }) => range.start >= start && range.end <= end);
  }

  /** The piece around `page` is explored from now on: what large mappings have of it. */
  explore(page: number): Range[] {
    const key = Math.floor(page / PAGES_PER_CHUNK);
    if (!this.explored.has(key)) this.isStale = true;
    this.explored.add(key);
    const [from, to] = [key * CHUNK_SIZE, (key + 1) * CHUNK_SIZE];
    const inside = this.large.filter(({ start, end }) => start < to && end > from);
    return inside.map(({ start, end }) => ({
      start: Math.max(start, from),
      end: Math.min(end, to),
    }));
  }

  private refresh(): void {
    if (!this.isStale) return;
    this.isStale = false;
    this.unexploredList = this.large.flatMap((mapping) => this.unexploredOf(mapping));
    this.spanList = [];
    let start = 0;
    for (const hole of this.unexploredList) {
      if (hole.start > start) this.spanList.push({ start, end: hole.start });
      start = hole.end;
    }
    if (start < TASK_SIZE) this.spanList.push({ start, end: TASK_SIZE });
  }

  private unexploredOf({ start, end }: Range): Range[] {
    const parts: Range[] = [];
    let from = start;
    for (const key of this.keysIn(start, end)) {
      const at = Math.max(key * CHUNK_SIZE, start);
      if (at > from) parts.push({ start: from, end: at });
      from = Math.min((key + 1) * CHUNK_SIZE, end);
    }
    if (from < end) parts.push({ start: from, end });
    return parts;
  }

  private keysIn(start: number, end: number): number[] {
    const first = firstKey(start);
    const last = firstKey(end - 1);
    return [...this.explored].filter((key) => key >= first && key <= last).sort((a, b) => a - b);
  }
}

function firstKey(address: number): number {
  return Math.floor(address / CHUNK_SIZE);
}
