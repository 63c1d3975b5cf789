/**
 * Saves pages that count as written whether they were or not (sweep.ts): a version is made of those
 * alone that differ from the last one.
 */
import { at } from '../../at.ts';
import { PAGE_SIZE } from '../../arch/x64/syscalls.ts';
import type { PageDelta, PageHistory } from '../../points/page-history.ts';
import type { PageStore } from '../../store/page-store.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { copyMemory, isSameMemory } from '../../sys/mmap.ts';
import type { TargetMemory } from '../../tracee/target-memory.ts';
import { PageReader } from './page-copier.ts';

/** Read by one call: chosen, what a processor has near at hand. */
const BATCH_PAGES = 64;

export class BusySaver {
  private readonly store: PageStore;
  private readonly history: PageHistory;
  private readonly reader: PageReader;
  private readonly pages: number[] = [];
  private room: NativeBuffer | undefined = undefined;

  constructor(target: TargetMemory, store: PageStore, history: PageHistory) {
    this.store = store;
    this.history = history;
    this.reader = new PageReader(target);
  }

  /** Pages that could not be read since `reset`. */
  get lost(): readonly number[] {
    return this.reader.lost;
  }

  reset(): void {
    this.reader.reset();
    this.pages.length = 0;
  }

  /** A page that has a version. */
  push(delta: PageDelta, page: number): void {
    if (this.pages.length === BATCH_PAGES) this.flush(delta);
    this.reader.push(page, this.addressOf(this.pages.length));
    this.pages.push(page);
  }

  /** Save what differs of all that were pushed. Throws where there is no room for it. */
  flush(delta: PageDelta): void {
    const { pages, reader } = this;
    reader.flush();
    for (let index = 0; index < pages.length; index += 1) {
      const page = at(pages, index);
      if (reader.lost.length === 0 || !reader.lost.includes(page)) this.save(delta, page, index);
    }
    pages.length = 0;
  }

  private save(delta: PageDelta, page: number, index: number): void {
    const { store, history } = this;
    const read = this.addressOf(index);
    if (isSameMemory(read, store.address(history.current.get(page)), PAGE_SIZE)) return;
    const slot = store.allocate();
    copyMemory(store.address(slot), read, PAGE_SIZE);
    history.record(delta, page, slot);
  }

  private addressOf(index: number): number {
    this.room ??= new NativeBuffer(BATCH_PAGES * PAGE_SIZE);
    return this.room.address + index * PAGE_SIZE;
  }
}
