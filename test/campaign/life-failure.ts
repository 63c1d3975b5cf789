/** A life of the target that ended in a difference, a death or silence. */
export class LifeFailure extends Error {
  override name = 'LifeFailure';
}

/** A life that ended as it would have ended without belay, for the reason given. */
export class LifeOver extends Error {
  override name = 'LifeOver';
}
