/** The end of a process whose rollback has failed in the middle: it never runs on mixed state. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { kill } from '../sys/process.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import type { Program } from './program.ts';

const SIGKILL = 9;

interface Killer {
  readonly pump: EventPump;
  readonly program: Program;
}

export function killHalfDone({ pump, program }: Killer, { pid }: TracedProcess): void {
  kill(pid, SIGKILL);
  // A hand shares its memory, and is no process of the program's.
  for (const { group } of pump.threads.values()) {
    if (!program.processes.has(group.pid) && !group.isLeaving) kill(group.pid, SIGKILL);
  }
  pump.guard.reset();
}
