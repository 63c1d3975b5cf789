/**
 * How much time may go into asking the program for what the kernel tells to nobody else: a small
 * share, so that points that are made rarely know all, and those made often cost what they must. A
 * point that does not ask says so (guess.ts).
 *
 * Asking at each point is no way: it costs two to four times what the point does (measured: 0.2 ms
 * for one handler, 0.04 ms for each further one, 0.3 ms for a stack, beside 0.2 ms).
 */

/** Chosen: what may be spent at once, at the beginning or after a while without points. */
const SAVED_MAX_MS = 10;
/** Chosen: at the beginning, and on a busy machine, at least so often. */
const FIRST_ASKS = 32;
/** Chosen: the share of the time that has gone by, for points that were meant. */
const SHARE_MEANT = 0.1;
/** Chosen: the same after so many times in a row that told nothing new. */
const FRUITLESS_MAX = 100;
const SHARE_FRUITLESS = 0.02;
/**
 * Chosen: for points of a clock, which are made whether or not they will ever be of use. There are
 * some five kinds of state in most programs that are asked for: a fiftieth for all of them.
 */
const SHARE_CLOCK = 0.004;
/** Chosen: what hardly any program uses is not to cost the others anything that is felt. */
const RARE = 0.05;

export class AskBudget {
  private readonly scale: number;
  private readonly changesSeldom: boolean;
  private leftMs: number;
  private asks = 0;
  private fruitless = 0;
  private countedMs = performance.now();

  /**
   * @param isRare for what is nearly never there: a small part of everything
   * @param changesSeldom as if it had long been asked for in vain
   */
  constructor(isRare = false, changesSeldom = false) {
    this.scale = isRare ? RARE : 1;
    this.changesSeldom = changesSeldom;
    this.leftMs = this.scale * SAVED_MAX_MS;
  }

  /** @param isMeant the program itself has made the point, or a person */
  isLeft(isMeant: boolean): boolean {
    const now = performance.now();
    const savedMs = this.leftMs + this.scale * this.shareOf(isMeant) * (now - this.countedMs);
    this.leftMs = Math.min(savedMs, this.scale * SAVED_MAX_MS);
    this.countedMs = now;
    return this.isAtFirst || this.leftMs > 0;
  }

  private shareOf(isMeant: boolean): number {
    if (!isMeant) return SHARE_CLOCK;
    const isPromising = !this.changesSeldom && this.fruitless <= FRUITLESS_MAX;
    return isPromising ? SHARE_MEANT : SHARE_FRUITLESS;
  }

  /** What was asked told something new, or did not. Where that is never said, it may always. */
  noteResult(isNew: boolean): void {
    this.fruitless = isNew ? 0 : this.fruitless + 1;
  }

  /** So little has been asked yet that what it costs is not known well. */
  get isAtFirst(): boolean {
    return this.asks < this.scale * FIRST_ASKS;
  }

  spend<Result>(ask: () => Result): Result {
    const startMs = performance.now();
    this.asks += 1;
    try {
      return ask();
    } finally {
      this.leftMs -= performance.now() - startMs;
    }
  }
}
