/** Reading from a list at an index that must be there: none is a mistake of ours, and no 0. */
import { BelayError } from './errors.ts';

export function at<Item>(list: ArrayLike<Item>, index: number): Item {
  const item = list[index];
  if (item === undefined) throw new BelayError('EINTERNAL', `cannot go on: nothing at ${index}`);
  return item;
}
