/** Installs the seccomp filter that hands belay's calls to the tracer. */
import { constants } from 'node:os';
import {
  encodeFilter,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW,
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_SET_MODE_FILTER,
} from '../arch/x64/seccomp-filter.ts';
import { SYS } from '../arch/x64/syscalls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { SyscallError } from '../errors.ts';
import { PR_SET_NO_NEW_PRIVS } from '../sys/prctl.ts';
import { RemoteCalls } from '../tracee/remote-calls.ts';
import { Scratch } from '../tracee/scratch.ts';
import type { Thread } from '../tracee/thread.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { readTicks } from '../tasks/read-ticks.ts';

const { EACCES } = constants.errno;

/** Install it in every thread of the process, by calls of `thread`, which is stopped. */
export function installFilter(
  supervisor: Supervisor,
  process_: TracedProcess,
  thread: Thread,
): void {
  let result = setFilterIn(supervisor, process_, thread, process_.group.threads.size > 1);
  // Threads that have other filters than this one can only be given ours one by one.
  if (result > 0) {
    const { threads } = process_.group;
    for (const each of threads.values()) {
      result = setFilterIn(supervisor, process_, each, false);
      if (result !== 0) break;
    }
  }
  if (result !== 0) {
    throw new SyscallError(
      `cannot install the filter in process ${process_.pid}`,
      { syscall: 'seccomp', errno: result < 0 ? -result : 3, tid: thread.tid },
      { hint: 'does the program confine itself with seccomp? see belay doctor' },
    );
  }
  process_.hasFilter = true;
  process_.filterTicks = readTicks();
  process_.group.filterCount += 1;
}

/** What seccomp(2) answers: 0, minus errno, or the thread that could not be given the filter. */
function setFilterIn(
  { pump, program }: Supervisor,
  process_: TracedProcess,
  thread: Thread,
  inAll: boolean,
): number {
  const leavesChildren = program.options.children === 'leave';
  pump.confinement.assertFree(thread);
  const calls = new RemoteCalls(pump, thread, process_.syscallAddress);
  try {
    return setFilter(process_, calls, inAll, leavesChildren);
  } finally {
    calls.end();
  }
}

function setFilter(
  process_: TracedProcess,
  calls: RemoteCalls,
  inAll: boolean,
  leavesChildren: boolean,
): number {
  const scratch = new Scratch(calls, process_.target);
  const address = scratch.reserve(encodeFilter(0, leavesChildren).length);
  process_.target.write(address, encodeFilter(address, leavesChildren));
  const flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW | (inAll ? SECCOMP_FILTER_FLAG_TSYNC : 0);
  let result = calls.call(SYS.seccomp, SECCOMP_SET_MODE_FILTER, flags, address);
  if (result === -EACCES) {
    calls.call(SYS.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    result = calls.call(SYS.seccomp, SECCOMP_SET_MODE_FILTER, flags, address);
  }
  scratch.release();
  return result;
}
