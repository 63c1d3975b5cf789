/** `belay run`, as far as it is Node's: bin/belay starts programs without Node in between. */
import { EXIT_BELAY_FAILED, parseRunArguments } from '../options/run-options.ts';
import { printLines, tellLines, toLines } from './print.ts';

/** Prints the help, or what is wrong with the options. */
export function explainRun(words: readonly string[]): number {
  const parsed = parseRunArguments(words);
  if (parsed.ok) {
    tellLines([
      'belay: cannot run a command from here',
      "hint: use the 'belay' command, bin/belay in a checkout",
    ]);
    return EXIT_BELAY_FAILED;
  }
  printLines(toLines(parsed.stdout));
  tellLines(toLines(parsed.stderr));
  return parsed.exitCode;
}
