/**
 * How much time may go into asking the program for what the kernel tells to nobody else: a small
 * share, so that points that are made rarely know all, and those made often cost what they must.
 */

/** Chosen: what may be spent at once, at the beginning; and on a busy machine at least so often. */
const FIRST_MS = 10;
const FIRST_ASKS = 32;
/** Chosen: the share of the time that has gone by. */
const SHARE = 0.02;

export class AskBudget {
  private spentMs = 0;
  private asks = 0;
  private readonly sinceMs = performance.now();

  get isLeft(): boolean {
    if (this.asks < FIRST_ASKS) return true;
    return this.spentMs <= FIRST_MS + SHARE * (performance.now() - this.sinceMs);
  }

  spend<Result>(ask: () => Result): Result {
    const startMs = performance.now();
    this.asks += 1;
    try {
      return ask();
    } finally {
      this.spentMs += performance.now() - startMs;
    }
  }
}
