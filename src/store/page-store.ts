/**
 * Where saved pages lie. A page is written once, by copying to the address of a slot that was just
 * allocated, and is read at that address until it is freed.
 *
 * Slot numbers start at 1; 0 means "no version" everywhere.
 */
import type { PageLimit } from './page-limit.ts';

export interface PageStore {
  /** Of all processes of the program. */
  readonly limit: PageLimit;
  /** Slots in use. */
  readonly used: number;

  /**
   * A slot to write to. Throws NoRoomError when the limit is reached, SyscallError when the system
   * has no memory for us.
   */
  allocate(): number;
  /** Make sure of so many slots, for one who asks for them by and by. Throws as `allocate`. */
  claim(count: number): void;
  /** One of those; throws SyscallError alone. */
  allocateClaimed(): number;
  /** What is left of them is not needed. */
  unclaim(): void;
  free(slot: number): void;

  /** The native address of a slot's first byte, valid until the slot is freed. */
  address(slot: number): number;

  /** Get room that will be needed soon, while nobody waits. Never throws. */
  warm(): void;

  /** Give all room back. No slot may be used afterwards. */
  close(): void;
}
