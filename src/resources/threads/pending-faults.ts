/**
 * Faults that are on their way to a thread when it is put back: what caused them is undone, so they
 * are taken off its queue. (The kernel forces SIGSEGV on a thread whose rseq area is gone; two
 * threads can fall at the same time.)
 */
import { NativeBuffer } from '../../sys/libc.ts';
import { ptraceCont, ptracePeeksiginfo, ptraceSetsigmask } from '../../sys/ptrace.ts';
import type { EventPump } from '../../tracee/event-pump.ts';
import type { Thread } from '../../tracee/thread.ts';

/** SIGILL, SIGTRAP, SIGABRT (of abort(3), to itself), SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
const FAULTS: readonly number[] = [4, 5, 6, 7, 8, 11, 31];
/** More cannot be pending: each is queued once. */
const DRAINS_MAX = 7;

const onlyFaults = new NativeBuffer(8);
onlyFaults.words.fill(0xffffffff);
for (const signo of FAULTS) {
  onlyFaults.words[0] = ((onlyFaults.words[0] ?? 0) & ~(1 << (signo - 1))) >>> 0;
}

/** Take pending faults off a stopped thread. Its mask is set anew afterwards by whoever calls. */
export function dropPendingFaults(pump: EventPump, thread: Thread): void {
  const { stop } = thread.assertStopped();
  if (stop.kind === 'signal' && !FAULTS.includes(stop.signo)) return;
  for (let drains = 0; drains < DRAINS_MAX; drains += 1) {
    const signals = ptracePeeksiginfo(thread.tid);
    if (!signals.some((signo) => FAULTS.includes(signo))) return;
    // One is pending and not blocked: the thread stops for it before it runs anything.
    ptraceSetsigmask(thread.tid, onlyFaults.address);
    if (ptraceCont(thread.tid, 0) !== 0 || pump.nextOf(thread) === undefined) return;
    thread.stopFor(stop, stop.kind === 'group-stop');
  }
}
