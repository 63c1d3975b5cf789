/**
 * Where our own files are: the sources, what is compiled of them, or the few files that they are
 * bundled into (scripts/bundle.ts), which have the folders and names of those that are begun.
 */

/** What is begun as a process or a thread of its own. */
export const ENTRIES = [
  'cli/main',
  'desk/symbol-worker',
  'desk/worker',
  'doctor/probe-process',
  'launch/main',
] as const;

export type Entry = (typeof ENTRIES)[number];

const SUFFIX = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** The file to begin a process or a thread with. */
export function ownFile(entry: Entry): URL {
  return new URL(`${entry}${SUFFIX}`, import.meta.url);
}

/** A file of the package, by its path there. */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
