/**
 * Where a program falls: a fall at the same place again, with nothing that the program did of its
 * own accord in between, is no progress, however many points a clock has made meanwhile.
 *
 * So a place has a ceiling: points above it are not gone back to. It sinks each time that as many
 * falls as a point has tries have been spent: below the point that was tried, by 1, 2, 4, 8, ...
 */

/** Chosen: a program that falls at more places than that in a row is not helped by counting. */
const PLACES_MAX = 64;

interface Place {
  falls: number;
  /** The newest point that may be gone back to, by descriptor. */
  ceiling: number;
  step: number;
}

export class FallPlaces {
  private readonly places = new Map<string, Place>();
  /** The newest descriptor at the last fall. */
  private lastCd = 0;

  /** A fall at a place; the newest point that it may go back to, by descriptor. */
  note(place: string, newestCd: number): number {
    const known = this.places.get(place) ?? { falls: 0, ceiling: Infinity, step: 1 };
    this.places.delete(place);
    this.places.set(place, known);
    for (const oldest of this.places.keys()) {
      if (this.places.size <= PLACES_MAX) break;
      this.places.delete(oldest);
    }
    known.falls += 1;
    this.lastCd = newestCd;
    return known.ceiling;
  }

  /** The fall was undone by going back to a point; of a point that is tried `retries` times. */
  wentBack(place: string, cd: number, retries: number): void {
    const known = this.places.get(place);
    if (known === undefined || known.falls % retries !== 0) return;
    known.ceiling = Math.min(known.ceiling, cd - known.step);
    known.step *= 2;
  }

  /** A point was made: progress, if somebody meant to, or if all are newer than the falls. */
  passed(oldestCd: number, isMeant: boolean): void {
    if (isMeant || oldestCd > this.lastCd) this.places.clear();
  }
}
