/** Looks at what another user may have put somewhere: that fails in more ways than by absence. */
import { lstatSync, type Stats } from 'node:fs';

/** What is wrong with a file or directory that is there: none of a supervisor's is like that. */
export interface Fault {
  readonly fault: string;
}

/**
 * `lstat(2)`; undefined: there is nothing. Every other error is a fault of what is there: a file
 * system of a user's own (FUSE) refuses root, a part of the path is none, or a circle of links.
 */
export function lookAt(path: string): Stats | Fault | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return { fault: `it cannot be looked at (${codeOf(error)})` };
  }
}

/** The user whose it is; undefined: there is nothing, or nothing that can be looked at. */
export function ownerOf(path: string): number | undefined {
  const found = lookAt(path);
  return found === undefined || 'fault' in found ? undefined : found.uid;
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'for no known reason';
}
