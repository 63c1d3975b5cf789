/** One thread of a point, as far as it takes to make it again. */
import type { ThreadFacts } from './thread-facts.ts';

export interface CrewMember extends ThreadFacts {
  readonly tid: number;
  /** In each pid namespace from the program's own outwards; the last is `tid`. */
  readonly ids: readonly number[];
}
