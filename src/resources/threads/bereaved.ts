/**
 * Children of threads that a rollback ends. They go on; but one that asked for a signal at its
 * parent's death (PR_SET_PDEATHSIG) would get it, since its parent is that very thread. So it is
 * held still meanwhile, with the signal taken back, and asks for it again behind that: its parent
 * is then another thread of the process.
 *
 * Source: PR_SET_PDEATHSIG(2const); forget_original_parent in the kernel.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { asBelayError } from '../../errors.ts';
import { PR_GET_PDEATHSIG, PR_SET_PDEATHSIG } from '../../sys/prctl.ts';
import { listChildrenOf } from '../../tasks/list-children.ts';
import { findSyscallInstruction } from '../../tracee/find-syscall.ts';
import { RemoteCalls } from '../../tracee/remote-calls.ts';
import { Scratch } from '../../tracee/scratch.ts';
import { TargetMemory } from '../../tracee/target-memory.ts';
import type { Thread, ThreadGroup } from '../../tracee/thread.ts';
import type { Claims } from '../claims.ts';
import { LOST, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';

/** Until the claims are given back no child of `ending` is told of its end; else it is named. */
export function holdBereaved(stopped: Stopped, ending: readonly Thread[], claims: Claims): Named[] {
  const children = ending.flatMap(({ tid }) => listChildrenOf(stopped.pid, tid));
  return children.flatMap((pid) => {
    const why = holdChild(stopped, pid, claims);
    if (why === undefined) return [];
    const text = `process ${pid} may be told of the end of its parent, a thread: ${why}`;
    return [{ bit: LOST.threads, text }];
  });
}

/** Why it could not be done. */
function holdChild({ pump }: Stopped, pid: number, claims: Claims): string | undefined {
  const group = pump.threads.values().find((thread) => thread.group.pid === pid)?.group;
  if (group === undefined || group.isLeaving) return 'it is not supervised';
  if (group.isHeld) return 'it is being worked on';
  const outcome = pump.hold(group);
  claims.acquire(
    'hold',
    () => 0,
    () => {
      pump.letGoLater(group);
    },
  );
  if (outcome === 'ended' || outcome === 'execed') return undefined;
  if (outcome !== 'held') return 'it does not stop';
  const confined = pump.confinement.findConfined(group);
  if (confined !== undefined) return 'it is confined by seccomp';
  try {
    for (const thread of group.threads.values()) takeBack(pump, thread, claims);
    return undefined;
  } catch (error) {
    return asBelayError(error).message;
  }
}

function takeBack(pump: Stopped['pump'], thread: Thread, claims: Claims): void {
  const signo = exchange(pump, thread, 0);
  if (signo === 0) return;
  claims.acquire(
    'prctl',
    () => 0,
    () => {
      if (thread.isStopped) exchange(pump, thread, signo);
    },
  );
}

/** Have the thread ask for `signo`; for which it had asked before. */
function exchange(pump: Stopped['pump'], thread: Thread, signo: number): number {
  const memory = new TargetMemory(thread.group);
  const calls = new RemoteCalls(pump, thread, addressOf(thread.group, memory));
  try {
    const scratch = new Scratch(calls, memory);
    const address = scratch.put(Buffer.alloc(4));
    calls.call(SYS.prctl, PR_GET_PDEATHSIG, address, 0, 0, 0);
    const before = memory.read(address, 4).readInt32LE(0);
    if (before !== signo) calls.call(SYS.prctl, PR_SET_PDEATHSIG, signo, 0, 0, 0);
    scratch.release();
    return before;
  } finally {
    calls.end();
    memory.close();
  }
}

function addressOf(group: ThreadGroup, memory: TargetMemory): number {
  return findSyscallInstruction(group.living, memory);
}
