/** `belay run`, as far as it is Node's: bin/belay starts programs without Node in between. */
import { EXIT_BELAY_FAILED, parseRunArguments } from '../options/run-options.ts';

/** Prints the help, or what is wrong with the options. */
export function explainRun(words: readonly string[]): number {
  const parsed = parseRunArguments(words);
  if (parsed.ok) {
    process.stderr.write('belay: cannot run a command from here\n');
    process.stderr.write("hint: use the 'belay' command, bin/belay in a checkout\n");
    return EXIT_BELAY_FAILED;
  }
  process.stdout.write(parsed.stdout);
  process.stderr.write(parsed.stderr);
  return parsed.exitCode;
}
