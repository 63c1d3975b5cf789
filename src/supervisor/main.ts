/**
 * The supervisor process: `main.ts run PID WORD…` (from bin/belay) or `main.ts attach WORD…`.
 *
 * `run`: PID is the shell that is to become the command; it reads our standard output to its end.
 * `attach`: one line of JSON on standard output says whether it worked.
 */
import { runSupervisor } from './start.ts';

runSupervisor(process.argv.slice(2));
