/** Says on stderr why a command failed, in the one form that all failures have. */
import { BelayError } from '../errors.ts';
import { EXIT_BELAY_FAILED } from '../options/run-options.ts';
import { tellLines, toLines } from './print.ts';

/** Prints `belay: cannot do X to Y: why` and the hint; returns the exit code. */
export function printFailure(error: unknown): number {
  if (error instanceof BelayError) {
    tellLines([`belay: ${error.message}`]);
    if (error.hint !== undefined) tellLines([`hint: ${error.hint}`]);
    return EXIT_BELAY_FAILED;
  }
  // What a file or a disk refuses is no mistake of ours.
  if (error instanceof Error && 'syscall' in error) {
    tellLines([`belay: cannot go on: ${error.message}`]);
    return EXIT_BELAY_FAILED;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  tellLines(['belay: cannot go on: this is a mistake in belay itself', ...toLines(details)]);
  return EXIT_BELAY_FAILED;
}

/** Chosen: more is not read; who forges one can forge thousands. */
const IGNORED_LINES_MAX = 16;
let ignoredCount = 0;

/** A line for an entry of a state directory that is not what it says. */
export function tellIgnored(path: string, why: string): void {
  ignoredCount += 1;
  if (ignoredCount < IGNORED_LINES_MAX) {
    tellLines([`belay: ignored ${path}: ${why}`]);
  } else if (ignoredCount === IGNORED_LINES_MAX) {
    tellLines(['belay: ignored more of the kind, which are not named']);
  }
}
