/** Another bell in the place of one that was killed: see tracee/bell.ts. */
import type { WorkerLink } from '../desk/worker-link.ts';
import { asBelayError } from '../errors.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { startBell } from '../tracee/bell.ts';

/** What was asked meanwhile is seen to by whoever calls. */
export function replaceBell(supervisor: Supervisor, link: WorkerLink): void {
  const { own } = supervisor.pump;
  try {
    own.bellPid = startBell();
  } catch (error) {
    const root = supervisor.program.processes.get(supervisor.program.rootPid);
    const why = asBelayError(error).message;
    if (root !== undefined) supervisor.warn(root, `requests are not heard any more: ${why}`);
  }
  link.bellPid = own.bellPid;
}
