/** The next thing that any tracee reports, whatever alarms go off meanwhile. */
import { availableParallelism } from 'node:os';
import { lastStatus, parseWaitStatus, waitpidAny, waitpidAnyNow, type Stop } from '../sys/wait.ts';

/**
 * Chosen: some tens of microseconds, in which a thread that does one thing for us has done it. To
 * be woken takes as long; and where there is one processor alone, it would not get there meanwhile.
 */
const LOOKS = availableParallelism() > 1 ? 30 : 0;

/** As `waitForAny`, of what is to come at once: looked for a few times before it is waited for. */
export function waitForSoon(): { readonly tid: number; readonly stop: Stop | undefined } {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const tid = waitpidAnyNow();
    if (tid !== undefined && tid > 0) return { tid, stop: parseWaitStatus(lastStatus()) };
  }
  return waitForAny();
}

/** Undefined: nobody is left to wait for. */
export function waitForAny(): { readonly tid: number; readonly stop: Stop | undefined } {
  for (;;) {
    const tid = waitpidAny();
    // An alarm comes again until it is heard.
    if (tid >= 0) return { tid, stop: tid === 0 ? undefined : parseWaitStatus(lastStatus()) };
  }
}
