/** Lets processes go, as if belay had never been there. */
import type { TracedProcess } from '../engine/traced-process.ts';
import { ptraceDetach } from '../sys/ptrace.ts';
import type { EventPump } from '../tracee/event-pump.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Program } from './program.ts';

/** Chosen: each takes a fifth of a second at most when a thread does not stop. */
const HOLDS_MAX = 5;

export interface Letting {
  readonly pump: EventPump;
  readonly program: Program;
}

/** Let every process go. Who cannot be stopped is let go by our end. */
export function letAllGo(supervisor: Letting): void {
  for (const process_ of [...supervisor.program.processes.values()]) {
    const { group } = process_;
    // An exec breaks a hold off, and is over then.
    for (let tries = 0; tries < HOLDS_MAX && group.threads.size > 0; tries += 1) {
      if (supervisor.pump.hold(group, true) === 'held') break;
    }
    release(supervisor, process_);
  }
}

/** Let one go: its threads that are not stopped, or born meanwhile, as soon as they stop. */
export function letGo(supervisor: Letting, process_: TracedProcess): void {
  supervisor.pump.hold(process_.group);
  release(supervisor, process_);
}

function release({ pump, program }: Letting, process_: TracedProcess): void {
  const { group } = process_;
  group.isHeld = false;
  group.isLeaving = true;
  process_.resources?.close();
  if (program.processes.get(process_.pid) === process_) program.processes.delete(process_.pid);
  for (const thread of [...group.threads.values()]) {
    if (thread.isStopped) letThreadGo(pump, thread);
  }
}

/** It is stopped, and runs on untraced. */
export function letThreadGo(pump: EventPump, thread: Thread): void {
  const { stop } = thread;
  if (stop?.kind === 'interrupt' && thread.fetchRegisters()) makeCallAgain(pump, thread);
  ptraceDetach(thread.tid, stop?.kind === 'signal' ? stop.signo : 0);
  pump.remove(thread);
}

/** The call that our stop broke off: as it would have gone on without us, if later. */
function makeCallAgain(pump: EventPump, thread: Thread): void {
  const { registers } = thread;
  if (!registers.isStoppedWithoutRestart() && !pump.confinement.mayForbidRestart(thread)) return;
  registers.setRestartUnlessHandled(
    registers.isRestartSyscall() ? thread.restartedCall : undefined,
  );
  thread.storeRegisters();
}
