/** A life of the target that ended in a difference, a death or silence. */
export class LifeFailure extends Error {
  override name = 'LifeFailure';
}
