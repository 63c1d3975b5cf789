/**
 * Faults that a program lives by: at these places its handler has coped time after time.
 *
 * The next ones there need not be followed. Now and then one is all the same, ever more rarely;
 * when the handler has not coped with that, the place is one like any other again.
 */

/** Chosen: twice may be chance. */
const COPED_MIN = 3;
/** Chosen: in a program that makes 100,000 faults a second, 1000 are followed at first. */
const PASSED_FIRST = 63;
const PASSED_MAX = 4095;
/** Chosen: compilers make a place for each check; of those, the ones that fall often count. */
const PLACES_MAX = 1024;

interface Place {
  /** In a row. */
  coped: number;
  /** How many are passed on after one that was followed, and how many of them are left. */
  passed: number;
  left: number;
}

export class UsualFaults {
  private readonly places = new Map<string, Place>();

  /** Another fault at the place: whether it may be passed on without being followed. */
  takes(place: string): boolean {
    const known = this.places.get(place);
    if (known === undefined || known.left === 0) return false;
    known.left -= 1;
    return true;
  }

  /** The handler has coped with a fault that was followed. */
  coped(place: string): void {
    const known = this.places.get(place) ?? { coped: 0, passed: PASSED_FIRST, left: 0 };
    this.places.delete(place);
    this.places.set(place, known);
    for (const oldest of this.places.keys()) {
      if (this.places.size <= PLACES_MAX) break;
      this.places.delete(oldest);
    }
    known.coped += 1;
    if (known.coped < COPED_MIN || known.left > 0) return;
    known.left = known.passed;
    known.passed = Math.min(known.passed * 2 + 1, PASSED_MAX);
  }

  /** The handler has not coped. */
  failed(place: string): void {
    this.places.delete(place);
  }
}
