/** What a supervisor says in words, which another user may have made up: told as theirs. */

/** Chosen: more than any message of ours has. */
const FOREIGN_MAX_CHARS = 1000;

/** The text as it is for one's own; with whose it is before it, and cut, for another user's. */
export function inWordsOf(owner: number, text: string): string {
  if (owner === process.geteuid?.()) return text;
  const cut = text.length <= FOREIGN_MAX_CHARS ? text : `${text.slice(0, FOREIGN_MAX_CHARS)}…`;
  return `the supervisor of user ${owner} says: ${cut}`;
}
