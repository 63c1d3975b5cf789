/** How much of one user's files is read, and for how long: all of them together. */

/** Chosen: the logs of the 32 programs that ended last, each twice 16 MB. */
const READ_MAX_BYTES = 1024 * 1024 * 1024;
/** Chosen: as long as a user's supervisors are waited for. */
const READ_MAX_MS = 5000;

export class Allowance {
  readonly #until = performance.now() + READ_MAX_MS;
  #leftBytes = READ_MAX_BYTES;

  isUsedUp(): boolean {
    return this.#leftBytes <= 0 || performance.now() > this.#until;
  }

  take(bytes: number): void {
    this.#leftBytes -= bytes;
  }
}
