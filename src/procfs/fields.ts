/**
 * Parses the form that many files of /proc have: one `key:<white space>value` a line.
 */

/** The values by key, trimmed; of a repeated key the first. Lines without a colon are left out. */
export function parseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const key = line.slice(0, colon);
    if (!fields.has(key)) fields.set(key, line.slice(colon + 1).trim());
  }
  return fields;
}
