/**
 * What has been bundled, of which files, and whether they are still what they were.
 *
 * Whatever was edited, replaced, renamed or taken away since has another inode or change time: the
 * kernel keeps that time, and nobody sets it back as one can set the time of modification.
 */
import { readFileSync, statSync } from 'node:fs';

/** A path in the checkout, its inode, its size, and when it was last changed in milliseconds. */
export type Looked = readonly [path: string, inode: number, size: number, changedMs: number];

/** As it is in current.json. */
export interface Bundled {
  /** The folder beside it. */
  readonly generation: string;
  /** Sources, what else makes a difference, and the bundled files themselves. */
  readonly looked: readonly Looked[];
}

/** @param checkout ends with a slash */
export function lookAt(checkout: string, path: string): Looked {
  const { ino, size, ctimeMs } = statSync(checkout + path);
  return [path, ino, size, ctimeMs];
}

/** The generation that `file` tells of: undefined when anything of it is not as it was. */
export function findFresh(checkout: string, file: string): string | undefined {
  try {
    const { generation, looked } = JSON.parse(readFileSync(file, 'utf8')) as Bundled;
    return looked.every((each) => isUnchanged(checkout, each)) ? generation : undefined;
  } catch {
    return undefined;
  }
}

function isUnchanged(checkout: string, [path, inode, size, changedMs]: Looked): boolean {
  const now = statSync(checkout + path, { throwIfNoEntry: false });
  return now?.ino === inode && now.size === size && now.ctimeMs === changedMs;
}
