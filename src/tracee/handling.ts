/** Faults that a handler of the program's own is given the first try at. */

/** A fault that was given to the program's own handler. */
export interface Handling {
  readonly signo: number;
  readonly code: number;
  readonly ip: bigint;
  readonly address: bigint;
  /** The stack pointer when it fell. */
  readonly stackPointer: number;
  /** What the kernel built for the handler, once it was found. */
  frame: HandlerFrame | undefined;
  /** The handler that fell itself, and how many there are. */
  readonly outer: Handling | undefined;
  readonly depth: number;
  /** System calls that were followed since. */
  calls: number;
  /** When it began: from performance.now. */
  readonly sinceMs: number;
}

/** Where a handler runs. */
export interface HandlerFrame {
  readonly address: number;
  /** Its stack ends there, or it would have used more of it than any does. */
  readonly lowest: number;
  readonly isAlternate: boolean;
}
