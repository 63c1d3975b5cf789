/**
 * Where saved pages lie. A page is written once, by copying to the address of a slot that was just
 * allocated, and is read at that address until it is freed.
 *
 * Slot numbers start at 1; 0 means "no version" everywhere.
 */
export interface PageStore {
  /** Slots in use. */
  readonly used: number;

  /** A slot to write to. Throws SyscallError when there is no room for another page. */
  allocate(): number;
  free(slot: number): void;

  /** The native address of a slot's first byte, valid until the slot is freed. */
  address(slot: number): number;

  /** Get room that will be needed soon, while nobody waits. Never throws. */
  warm(): void;

  /** Give all room back. No slot may be used afterwards. */
  close(): void;
}
