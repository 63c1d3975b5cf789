/**
 * Ticks for `--every`: one at a time, on a steady beat.
 *
 * A tick that takes longer than the beat puts the next one off; missed ones are not made up for.
 * The program is stopped during a tick: it gets several times as long to run before the next. What
 * a tick had to wait for its turn, as in a rollback, does not count.
 */

/** Chosen: a program under too short a beat still has four fifths of its time. */
const REST_RATIO = 4;

export class Ticker {
  readonly #tick: () => void;
  #periodMs = 0;
  #dueMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOutstanding = false;

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

  /** @param tookMs how long the last tick had the program stopped, without its wait for its turn */
  done(tookMs: number): void {
    if (!this.#isOutstanding) return;
    this.#isOutstanding = false;
    if (this.#periodMs === 0) return;
    const now = performance.now();
    this.#dueMs = Math.max(this.#dueMs + this.#periodMs, now + REST_RATIO * tookMs);
    this.#schedule();
  }

  #schedule(): void {
    const delayMs = Math.max(0, this.#dueMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#isOutstanding = true;
      this.#tick();
    }, delayMs);
  }
}
