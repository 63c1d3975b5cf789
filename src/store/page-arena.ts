/**
 * Memory for saved pages: slots of 4 KiB in blocks outside the V8 heap.
 *
 * Slot numbers start at 1; 0 means "no version" everywhere. A block stays while a slot of it is in
 * use, so a slot's address is fixed. Fresh memory costs up to several microseconds a page when
 * it is touched first: `warm` does that while the program runs. Blocks without a slot in use, of
 * which there are more than have been needed lately, are given back.
 */
import { at } from '../at.ts';
import { PAGE_SIZE } from '../arch/x64/syscalls.ts';
import { PageLimit } from './page-limit.ts';
import type { PageStore } from './page-store.ts';
import { isZeroMemory, mmapAnonymous, munmapOwn } from '../sys/mmap.ts';

/** 1 MiB: chosen; small enough not to show in a small program's cost, large enough to be rare. */
const SLOTS_PER_BLOCK = 256;
/** Slots kept touched and free ahead of need: chosen, one busy interval of a small service. */
const WARM_SLOTS = 128;
const BLOCK_BYTES = SLOTS_PER_BLOCK * PAGE_SIZE;
/** Chosen: what 32 points in a row did not need is not needed; fresh memory is dear. */
const WARMED_BETWEEN = 32;
/** Chosen: a millisecond's work at most. */
const GIVEN_BACK_MAX = 32;

export class PageArena implements PageStore {
  /** 0: given back. */
  private readonly blocks: number[] = [];
  /** How many slots of each block are in use. */
  private readonly inUse: number[] = [];
  /** Indexes of blocks that were given back. */
  private readonly holes: number[] = [];
  private freeSlots: number[] = [];
  private fresh = 1;
  /** Free slots that nobody has needed since this was counted last. */
  private surplus = 0;
  private warmed = 0;
  /** Slots in use. */
  used = 0;
  readonly limit: PageLimit;
  private claimed = 0;

  constructor(limit = new PageLimit()) {
    this.limit = limit;
  }

  allocate(): number {
    this.limit.claim(1);
    try {
      return this.take();
    } catch (error) {
      this.limit.giveBack(1);
      throw error;
    }
  }

  claim(count: number): void {
    this.limit.claim(count);
    this.claimed += count;
  }

  allocateClaimed(): number {
    const slot = this.take();
    this.claimed -= 1;
    return slot;
  }

  unclaim(): void {
    this.limit.giveBack(this.claimed);
    this.claimed = 0;
  }

  private take(): number {
    let slot = this.freeSlots.pop();
    if (slot === undefined) {
      if (this.fresh > this.blocks.length * SLOTS_PER_BLOCK) this.grow(false);
      slot = this.freeSlots.pop() ?? this.fresh++;
    }
    if (this.freeSlots.length < this.surplus) this.surplus = this.freeSlots.length;
    this.used += 1;
    const block = blockOf(slot);
    this.inUse[block] = at(this.inUse, block) + 1;
    return slot;
  }

  free(slot: number): void {
    this.used -= 1;
    this.limit.giveBack(1);
    const block = blockOf(slot);
    this.inUse[block] = at(this.inUse, block) - 1;
    this.freeSlots.push(slot);
  }

  /** The native address of a slot's first byte. */
  address(slot: number): number {
    return at(this.blocks, blockOf(slot)) + ((slot - 1) % SLOTS_PER_BLOCK) * PAGE_SIZE;
  }

  /** Whether a slot holds nothing but zeros. */
  isZero(slot: number): boolean {
    return isZeroMemory(this.address(slot), PAGE_SIZE);
  }

  /**
   * Get memory that will be needed soon, and give back what has not been needed for a while. Never
   * throws: what is not to be had is asked for later.
   */
  warm(): void {
    this.warmed += 1;
    if (this.warmed % WARMED_BETWEEN === 0) this.giveBackSurplus();
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
    for (const block of this.blocks) if (block !== 0) munmapOwn(block, BLOCK_BYTES);
    for (const list of [this.blocks, this.inUse, this.holes, this.freeSlots]) list.length = 0;
    this.fresh = 1;
    this.unclaim();
    this.limit.giveBack(this.used);
    this.used = 0;
    this.surplus = 0;
  }

  private grow(isPopulated: boolean): void {
    const block = mmapAnonymous(BLOCK_BYTES, isPopulated);
    const hole = this.holes.pop();
    if (hole === undefined) {
      this.blocks.push(block);
      this.inUse.push(0);
      return;
    }
    this.blocks[hole] = block;
    const first = hole * SLOTS_PER_BLOCK + 1;
    for (let slot = first + SLOTS_PER_BLOCK - 1; slot >= first; slot -= 1) {
      this.freeSlots.push(slot);
    }
  }

  /** Whole blocks, as many as would not have been missed since the last time. */
  private giveBackSurplus(): void {
    const count = Math.min(Math.floor(this.surplus / SLOTS_PER_BLOCK), GIVEN_BACK_MAX);
    this.surplus = this.freeSlots.length;
    if (count === 0) return;
    const gone = new Set<number>();
    // All slots of these have been used before: `fresh` is beyond them.
    const full = Math.floor((this.fresh - 1) / SLOTS_PER_BLOCK);
    for (let index = full - 1; index >= 0 && gone.size < count; index -= 1) {
      if (this.inUse[index] === 0 && this.blocks[index] !== 0) gone.add(index);
    }
    if (gone.size === 0) return;
    for (const index of gone) {
      munmapOwn(at(this.blocks, index), BLOCK_BYTES);
      this.blocks[index] = 0;
      this.holes.push(index);
    }
    this.freeSlots = this.freeSlots.filter((slot) => !gone.has(blockOf(slot)));
    this.surplus = this.freeSlots.length;
  }
}

function blockOf(slot: number): number {
  return Math.floor((slot - 1) / SLOTS_PER_BLOCK);
}
