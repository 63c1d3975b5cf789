/**
 * How long a test waits for what must come, in milliseconds, before it says that it hangs. Chosen:
 * four times what the slowest program needs while eight others keep both processors busy. Too short
 * a wait makes a slow machine look like a fault; too long a one costs time only where there is one.
 */
export const PATIENCE_MS = 120_000;
