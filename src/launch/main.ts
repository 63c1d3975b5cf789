/**
 * The supervisor process: `main.ts run PID HELPER COUNT` (from bin/belay), `main.ts attach WORD…`.
 *
 * `run`: PID is the shell that is to become the command; it reads our standard output to its end.
 * HELPER is the child of it that started us, and that the command must not inherit. The last COUNT
 * words of the shell's own command line are those that follow `run`. Descriptor 3 is its stderr.
 * `attach`: one line of JSON on standard output says whether it worked.
 */
import { runSupervisor } from './start.ts';

runSupervisor(process.argv.slice(2));
