/** Where the programs of these tests are. */
import path from 'node:path';

export function programPath(name: string): string {
  return path.join(import.meta.dirname, 'programs', name);
}
