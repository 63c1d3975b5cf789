/**
 * Points of a clock that did not fit: another try stops the program in vain, so they are made ever
 * more rarely until one fits.
 */
import type { TracedProcess } from '../engine/traced-process.ts';

/** Chosen: at 20 ms, one in 1.3 seconds. */
const PASSED_MAX = 64;

interface Refused {
  /** Ticks that are passed over now, and how many are left of them. */
  passed: number;
  left: number;
}

export class Refusals {
  private readonly refused = new WeakMap<TracedProcess, Refused>();

  /** Whether this tick is passed over. */
  isWaiting(process_: TracedProcess): boolean {
    const known = this.refused.get(process_);
    if (known === undefined || known.left === 0) return false;
    known.left -= 1;
    return true;
  }

  add(process_: TracedProcess): void {
    const passed = Math.min(2 * (this.refused.get(process_)?.passed ?? 0.5), PASSED_MAX);
    this.refused.set(process_, { passed, left: passed });
  }

  clear(process_: TracedProcess): void {
    this.refused.delete(process_);
  }
}
