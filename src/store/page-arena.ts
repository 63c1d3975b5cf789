/**
 * Memory for saved pages: slots of 4 KiB in blocks outside the V8 heap.
 *
 * Slot numbers start at 1; 0 means "no version" everywhere. A block never moves, so a slot's
 * address is fixed. Fresh memory costs up to several microseconds a page when it is touched first:
 * `warm` does that while the program runs.
 */
import { at } from '../at.ts';
import { PAGE_SIZE } from '../arch/x64/syscalls.ts';
import type { PageStore } from './page-store.ts';
import { isZeroMemory, mmapAnonymous, munmapOwn } from '../sys/mmap.ts';

/** 1 MiB: chosen; small enough not to show in a small program's cost, large enough to be rare. */
const SLOTS_PER_BLOCK = 256;
/** Slots kept touched and free ahead of need: chosen, one busy interval of a small service. */
const WARM_SLOTS = 128;

export class PageArena implements PageStore {
  private readonly blocks: number[] = [];
  private readonly freeSlots: number[] = [];
  private fresh = 1;
  /** Slots in use. */
  used = 0;

  /** A slot to write to. Throws SyscallError when the system has no memory for us. */
  allocate(): number {
    const reused = this.freeSlots.pop();
    if (reused !== undefined) {
      this.used += 1;
      return reused;
    }
    if (this.fresh > this.blocks.length * SLOTS_PER_BLOCK) this.grow(false);
    const slot = this.fresh;
    this.fresh += 1;
    this.used += 1;
    return slot;
  }

  free(slot: number): void {
    this.used -= 1;
    this.freeSlots.push(slot);
  }

  /** The native address of a slot's first byte. */
  address(slot: number): number {
    const index = slot - 1;
    const block = at(this.blocks, Math.floor(index / SLOTS_PER_BLOCK));
    return block + (index % SLOTS_PER_BLOCK) * PAGE_SIZE;
  }

  /** Whether a slot holds nothing but zeros. */
  isZero(slot: number): boolean {
    return isZeroMemory(this.address(slot), PAGE_SIZE);
  }

  /**
   * Get memory that will be needed soon. Never throws: what is not to be had is asked for later.
   */
  warm(): void {
    const left = this.blocks.length * SLOTS_PER_BLOCK - (this.fresh - 1);
    if (this.freeSlots.length + left >= WARM_SLOTS) return;
    try {
      this.grow(true);
    } catch {
      return;
    }
  }

  /** Give all memory back. No slot may be used afterwards. */
  close(): void {
    for (const block of this.blocks) munmapOwn(block, SLOTS_PER_BLOCK * PAGE_SIZE);
    this.blocks.length = 0;
    this.freeSlots.length = 0;
    this.fresh = 1;
    this.used = 0;
  }

  private grow(isPopulated: boolean): void {
    this.blocks.push(mmapAnonymous(SLOTS_PER_BLOCK * PAGE_SIZE, isPopulated));
  }
}
