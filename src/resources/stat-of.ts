/** What stat(2) tells of a path: undefined when there is nothing, or we may not look. */
import { statSync, type Stats } from 'node:fs';

/** In map_files nobody looks without privilege; and it may be in a directory that is not ours. */
export function statOf(path: Buffer | string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
