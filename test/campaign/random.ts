/** The campaign's random draws: splitmix64, so that a seed repeats a run. */

const MASK = (1n << 64n) - 1n;

export class Draws {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed & MASK;
  }

  next(): bigint {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return Number(this.next() % BigInt(limit));
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
}

/** The seed of one target's life within a campaign: any one can be repeated alone. */
export function lifeSeed(seed: bigint, life: number): bigint {
  return new Draws(seed ^ (BigInt(life) * 0xd1342543de82ef95n)).next();
}
