/** Says on stderr why a command failed, in the one form that all failures have. */
import { BelayError } from '../errors.ts';
import { escapeControls } from '../plain-text.ts';
import { EXIT_BELAY_FAILED } from '../options/run-options.ts';

/** Prints `belay: cannot do X to Y: why` and the hint; returns the exit code. */
export function printFailure(error: unknown): number {
  if (error instanceof BelayError) {
    process.stderr.write(`belay: ${escapeControls(error.message)}\n`);
    if (error.hint !== undefined) process.stderr.write(`hint: ${escapeControls(error.hint)}\n`);
    return EXIT_BELAY_FAILED;
  }
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `belay: cannot go on: this is a mistake in belay itself\n${escapeLines(details)}\n`,
  );
  return EXIT_BELAY_FAILED;
}

/** Chosen: more is not read; who forges one can forge thousands. */
const IGNORED_LINES_MAX = 16;
let ignoredCount = 0;

/** A line for an entry of a state directory that is not what it says. */
export function tellIgnored(path: string, why: string): void {
  ignoredCount += 1;
  if (ignoredCount < IGNORED_LINES_MAX) {
    process.stderr.write(`belay: ignored ${escapeControls(path)}: ${escapeControls(why)}\n`);
  } else if (ignoredCount === IGNORED_LINES_MAX) {
    process.stderr.write('belay: ignored more of the kind, which are not named\n');
  }
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}
