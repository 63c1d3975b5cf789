/**
 * The supervisor process: `main.ts run PID HELPER WORD…` (from bin/belay), `main.ts attach WORD…`.
 *
 * `run`: PID is the shell that is to become the command; it reads our standard output to its end.
 * HELPER is the child of it that started us, and that the command must not inherit.
 * `attach`: one line of JSON on standard output says whether it worked.
 */
import { runSupervisor } from './start.ts';

runSupervisor(process.argv.slice(2));
