/** The next thing that any tracee reports, whatever alarms go off meanwhile. */
import { lastStatus, parseWaitStatus, waitpidAny, type Stop } from '../sys/wait.ts';

/** Undefined: nobody is left to wait for. */
export function waitForAny(): { readonly tid: number; readonly stop: Stop | undefined } {
  for (;;) {
    const tid = waitpidAny();
    // An alarm comes again until it is heard.
    if (tid >= 0) return { tid, stop: tid === 0 ? undefined : parseWaitStatus(lastStatus()) };
  }
}
