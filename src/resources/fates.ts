/**
 * What becomes of each kind of state in a rollback, as the documents tell it: each resource has its
 * rows in `fates.ts` of its folder, of which the README's table and docs/what-happens.md are made.
 */
import type { LOST } from './resource.ts';

export interface Fate {
  /** What it is, as a program's author calls it. */
  readonly what: string;
  /** What becomes of it: Markdown, a line for the README. */
  readonly becomes: string;
  /** More for who wants to know: Markdown, for the page that is only about this. */
  readonly more?: string;
}

export interface Fates {
  /** It ends the sentence "What happens to my ...". */
  readonly title: string;
  /** The bits of struct tjmp's `lost` that tell of it. */
  readonly bits: readonly (keyof typeof LOST)[];
  readonly rows: readonly Fate[];
}

/** What no resource has. */
export const fates: Fates = {
  title: 'files, children and the clock',
  bits: [],
  rows: [
    { what: 'contents of files, renames, deletions', becomes: '**not** undone' },
    {
      what: 'children begun since',
      becomes: 'go on; they are **not** ended, nor told of the end of a thread',
    },
    { what: 'the clock', becomes: 'goes on' },
  ],
};
