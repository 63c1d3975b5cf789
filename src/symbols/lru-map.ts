/**
 * A map that holds at most a given number of entries and forgets the least recently used first.
 */
export class LruMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #maxCount: number;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value of `key`, made by `make` and kept when there is none. */
  getOrMake(key: Key, make: () => Value): Value {
    const found = this.#entries.get(key);
    if (found !== undefined || this.#entries.has(key)) {
      this.#entries.delete(key);
      this.#entries.set(key, found as Value);
      return found as Value;
    }
    const value = make();
    this.#entries.set(key, value);
    this.#forgetOldest();
    return value;
  }

  #forgetOldest(): void {
    if (this.#entries.size <= this.#maxCount) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
