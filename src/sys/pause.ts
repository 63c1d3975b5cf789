/** Waits for what the kernel tells nobody of. */
const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Let others run for about so long; fractions count, and less than 0 is 0. */
export function pause(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
