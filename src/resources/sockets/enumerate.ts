/** A list for the log. */

/** Chosen: so many are named, one by one. */
const NAMED_MAX = 8;

export function enumerate(list: readonly string[]): string {
  const more = list.length > NAMED_MAX ? `, and ${list.length - NAMED_MAX} more` : '';
  return `${list.slice(0, NAMED_MAX).join(', ')}${more}`;
}
