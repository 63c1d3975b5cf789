/**
 * Ticks for `--every`: one at a time, on a steady beat.
 *
 * A tick that takes longer than the beat puts the next one off; missed ones are not made up for.
 * The program is stopped during a tick: it gets several times as long to run before the next. What
 * a tick had to wait for its turn, as in a rollback, does not count. And ticks have a share of one
 * processor, of which what is not used is saved for a while: for the first ones, which take longer.
 */

/** Chosen: a program under too short a beat still has four fifths of its time. */
const REST_RATIO = 4;
/** Chosen: the program pays about as much again, for being stopped and for its first writes. */
const PROCESSOR_SHARE = 0.05;
/** Chosen: what a few dozen first ticks of a program of ordinary size take. */
const SAVED_MAX_MS = 100;

export class Ticker {
  readonly #tick: () => void;
  #periodMs = 0;
  #dueMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOutstanding = false;
  /** Of the share; below zero: that much was taken too early. */
  #savedMs = SAVED_MAX_MS;
  #countedMs = performance.now();

  constructor(tick: () => void) {
    this.#tick = tick;
  }

  /** @param periodMs milliseconds between ticks; 0 stops them */
  start(periodMs: number): void {
    clearTimeout(this.#timer);
    this.#periodMs = periodMs;
    this.#dueMs = performance.now() + periodMs;
    if (periodMs > 0 && !this.#isOutstanding) this.#schedule();
  }

  /**
   * @param tookMs how long the last tick had the program stopped, without its wait for its turn
   * @param processorMs the time of a processor that it took
   */
  done(tookMs: number, processorMs: number): void {
    if (!this.#isOutstanding) return;
    this.#isOutstanding = false;
    if (this.#periodMs === 0) return;
    const now = performance.now();
    const restMs = Math.max(REST_RATIO * tookMs, this.#pay(processorMs, now));
    this.#dueMs = Math.max(this.#dueMs + this.#periodMs, now + restMs);
    this.#schedule();
  }

  /** How long it takes until as much has been saved as was spent. */
  #pay(processorMs: number, now: number): number {
    const earnedMs = PROCESSOR_SHARE * (now - this.#countedMs);
    this.#countedMs = now;
    this.#savedMs = Math.min(this.#savedMs + earnedMs, SAVED_MAX_MS) - processorMs;
    return -this.#savedMs / PROCESSOR_SHARE;
  }

  #schedule(): void {
    const delayMs = Math.max(0, this.#dueMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#isOutstanding = true;
      this.#tick();
    }, delayMs);
  }
}
