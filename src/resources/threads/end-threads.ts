/** Has threads of the program exit, and waits until each is gone: their ids can be had again. */
import { SYS } from '../../arch/x64/syscalls.ts';
import { BelayError } from '../../errors.ts';
import { NativeBuffer } from '../../sys/libc.ts';
import { ptraceSetsigmask } from '../../sys/ptrace.ts';
import { prepareToEnd } from '../../tracee/rseq.ts';
import type { Thread } from '../../tracee/thread.ts';
import type { Stopped } from '../stopped.ts';

const EXIT_STEPS_MAX = 1000;

export function endThreads(stopped: Stopped, newborn: readonly Thread[]): void {
  const { pump, group, target, remote } = stopped;
  for (const thread of newborn) prepareToEnd(target, thread, remote);
  if (newborn.length === 0) return;
  const { syscallAddress } = remote().calls;
  for (const thread of newborn) {
    pump.confinement.lift(thread);
    endThread(thread, syscallAddress);
  }
  for (const thread of newborn) {
    for (let steps = 0; pump.threads.get(thread.tid) === thread; steps += 1) {
      // It can have stopped once more (for a signal, say) while another one's end was waited for.
      if (thread.isStopped) endThread(thread, syscallAddress);
      else if (steps > EXIT_STEPS_MAX || !pump.next()) throw doesNotExit(thread.tid);
    }
  }
  if (!group.leaving.await()) throw doesNotExit(group.pid);
}

function doesNotExit(tid: number): BelayError {
  return new BelayError('EINTERNAL', `cannot end thread ${tid}: it does not exit`);
}

const ALL_SIGNALS = new NativeBuffer(8);
ALL_SIGNALS.words.fill(0xffffffff);

function endThread(thread: Thread, syscallAddress: number): void {
  ptraceSetsigmask(thread.tid, ALL_SIGNALS.address);
  if (!thread.fetchRegisters()) return;
  const { registers } = thread;
  registers.set('rax', SYS.exit);
  registers.set('rdi', 0);
  registers.set('orig_rax', -1);
  registers.set('rip', syscallAddress);
  thread.storeRegisters();
  thread.proceed();
}
