/**
 * Makes threads again that have ended, with their own ids. They are stopped and have run nothing:
 * for as long as the rollback is not committed they can be ended again, and nobody is the wiser.
 *
 * That is why it is done beforehand: whether the kernel allows it (privilege as it is now, ids that
 * are taken, RLIMIT_NPROC, the pids control group, filters) only the attempt tells.
 *
 * Source: clone(2); copy_process and alloc_pid in the kernel.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { BelayError, SyscallError } from '../../errors.ts';
import { CLONE_ARGS_SIZE, CLONE_THREAD_FLAGS } from '../../sys/clone3.ts';
import { pause } from '../../sys/pause.ts';
import { kill } from '../../sys/process.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { Claims } from '../claims.ts';
import { Obstacle } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import type { CrewMember } from './crew-member.ts';
import { endThreads } from './end-threads.ts';

const ESRCH = 3;
const EEXIST = 17;
/** Chosen: an id is free microseconds after the thread is gone, if nobody has the processor. */
const TRY_AGAIN_MS = 0.2;
const TRIES_MAX = 500;

/** Those still in `remade` when the claims are given back are ended. */
export function remakeThreads(
  stopped: Stopped,
  ended: readonly CrewMember[],
  claims: Claims,
  remade: Map<Thread, CrewMember>,
): Obstacle | undefined {
  for (const member of ended) {
    try {
      const get = (): number => remake(stopped, member, remade);
      claims.acquire('clone3', get, (tid) => {
        const thread = [...remade.keys()].find((each) => each.tid === tid);
        if (thread !== undefined) endThreads(stopped, [thread]);
      });
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      const why = `cannot be made again: ${error.code}`;
      return new Obstacle(`thread ${member.tid} has ended, and ${why}`);
    }
  }
  return undefined;
}

/** The thread's id, or minus errno. */
function remake(
  { pump, remote }: Stopped,
  member: CrewMember,
  remade: Map<Thread, CrewMember>,
): number {
  const { calls, scratch } = remote();
  const args = encodeCloneArgs(scratch.put(encodeIds(member.ids)), member.ids.length);
  const address = scratch.put(args);
  let result = calls.call(SYS.clone3, address, CLONE_ARGS_SIZE);
  for (let tries = 0; result === -EEXIST && isNobody(member) && tries < TRIES_MAX; tries += 1) {
    pause(TRY_AGAIN_MS);
    result = calls.call(SYS.clone3, address, CLONE_ARGS_SIZE);
  }
  if (result < 0) return result;
  const thread = pump.threads.get(member.tid);
  if (thread === undefined) {
    const { tid } = member;
    throw new BelayError('EINTERNAL', `cannot take over the new thread ${tid}: not reported`);
  }
  if (!thread.isStopped && pump.nextOf(thread) === undefined) {
    throw new BelayError('ESRCH', 'cannot go on: the program is gone');
  }
  remade.set(thread, member);
  return member.tid;
}

/** Since Linux 6.15 a thread is gone a moment before its id is free: release_task, free_pids. */
function isNobody({ tid }: CrewMember): boolean {
  return kill(tid, 0) === ESRCH;
}

function encodeIds(ids: readonly number[]): Buffer {
  const bytes = Buffer.alloc(ids.length * 4);
  ids.forEach((id, index) => bytes.writeInt32LE(id, index * 4));
  return bytes;
}

/**
 * struct clone_args; stack and thread pointer are dummies, all registers are set afterwards. So is
 * what the kernel does to memory when the thread ends: it may have to end before it ever ran.
 */
function encodeCloneArgs(setTid: number, count: number): Buffer {
  const bytes = Buffer.alloc(CLONE_ARGS_SIZE);
  bytes.writeBigUInt64LE(BigInt(CLONE_THREAD_FLAGS), 0);
  bytes.writeBigUInt64LE(BigInt(setTid), 64);
  bytes.writeBigUInt64LE(BigInt(count), 72);
  return bytes;
}
