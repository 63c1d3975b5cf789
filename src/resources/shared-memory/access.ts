/** How the content of an object is reached, for as long as the process is held still. */
import type { PageSpan } from './page-spans.ts';

export interface Access {
  readonly sizeBytes: number;
  readonly seals: number;

  /** Where there is data, in order; undefined: on more than `maxPages` pages. */
  listData(maxPages: number): readonly PageSpan[] | undefined;

  /** Copy to our own memory at `to`: bytes, fewer at the end; or minus errno. */
  read(to: number, offset: number, sizeBytes: number): number;
}
