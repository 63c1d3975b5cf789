/** The whole operations on a process: stop it, do the work, let it go. */
import { asBelayError, BelayError } from '../errors.ts';
import type { Point } from '../points/point.ts';
import { NoRoomError } from '../store/page-limit.ts';
import { isSameMemory, kill } from '../sys/process.ts';
import { ptraceSyscall } from '../sys/ptrace.ts';
import { HiddenError, isHidden } from '../tracee/hidden.ts';
import { isRseqWritable } from '../tracee/rseq.ts';
import type { HoldOutcome, NotHeld } from '../tracee/hold-outcome.ts';
import type { Thread } from '../tracee/thread.ts';
import { whyShared } from './memory-sharers.ts';
import { makePoint, type CheckpointRequest } from './checkpoint.ts';
import { rollBack, type Prepared, type RollbackResult } from './rollback.ts';
import type { TracedProcess } from './traced-process.ts';
import type { Why } from './why.ts';

const SIGKILL = 9;

/** A point that was made, or why none was. */
export type CheckpointOutcome =
  { readonly ok: true; readonly point: Point } | { readonly ok: false; readonly error: BelayError };

/** What came of a rollback: done, or failed and the process is to be killed. */
export type RollbackOutcome =
  | { readonly ok: true; readonly result: RollbackResult }
  | { readonly ok: false; readonly error: BelayError };

/** Stop every thread, or say why that cannot be done now: the process is then to be let go. */
export function hold(process_: TracedProcess): HoldOutcome {
  const { stopped, group } = process_;
  process_.resources?.settle();
  const outcome = stopped.pump.hold(group);
  if (outcome === 'held') endImages(process_);
  stopped.renew();
  return outcome;
}

/**
 * End the images of its memory of which nothing more is wanted, or leave them for another time: in
 * a program that is about to fall there may be threads that can make no calls. The process is held.
 */
export function endImages({ stopped, group, target }: TracedProcess): void {
  const { images, confinement } = stopped.pump;
  if (!images.hasSpent(group) || confinement.findConfined(group) !== undefined) return;
  const threads = [...group.threads.values()].filter(({ isStopped }) => isStopped);
  const caller = threads.find((thread) => isRseqWritable(target, thread));
  if (caller === undefined) return;
  stopped.chooseCaller = () => caller;
  try {
    try {
      images.end(group, stopped.remote);
    } finally {
      stopped.endCalls();
    }
  } catch (error) {
    // The end of a thread will be reported. What else there is, such as no room for arguments,
    // costs a zombie that nobody sees: no more than that.
    if (!(error instanceof BelayError)) throw error;
  }
}

/**
 * The same when the process has just exec'd, by its only thread: that leaves the execve first,
 * whose result would be put where calls for us have theirs.
 */
export function endImagesOfFormer(process_: TracedProcess, thread: Thread): void {
  const { pump, group } = process_.stopped;
  if (!pump.images.hasSpent(group)) return;
  ptraceSyscall(thread.tid, 0);
  const stop = pump.nextOf(thread);
  if (stop?.kind === 'exit') pump.letEnd(thread);
  if (stop?.kind !== 'syscall') return;
  thread.stopFor({ kind: 'interrupt' });
  // A program of 32 bits has other numbers for calls.
  if (thread.fetchRegisters() && thread.registers.isOf32Bits) pump.images.end(group, undefined);
  else endImages(process_);
}

/**
 * The same when its last thread is about to end: who waits for the process finds nothing of it
 * that is busy yet, such as its executable, or the file systems that it was on.
 */
export function endImagesOfEnding({ stopped, group, resources }: TracedProcess): void {
  resources?.abandonWork();
  stopped.pump.images.end(group, undefined);
}

/**
 * As `hold`, of a process that is to go back. Children in vfork(2) run in its memory and on its
 * stack: they cannot go on, and are ended. Answers how many were.
 */
export function holdToGoBack(process_: TracedProcess): {
  readonly outcome: HoldOutcome;
  readonly ended: number;
} {
  const { stopped, group } = process_;
  let ended = 0;
  for (const { state } of group.threads.values()) {
    // Where there will be no way back nobody is ended for it.
    if (state.kind !== 'in-vfork' || process_.sharing !== undefined) continue;
    // Nobody has told of one that was let go of: it may have exec'd by now, and is its own then.
    const isKnown = stopped.pump.threads.has(state.child);
    if (!isKnown && !isSameMemory(group.living, state.child)) continue;
    kill(state.child, SIGKILL);
    ended += 1;
  }
  const outcome = stopped.pump.hold(group, true);
  stopped.renew();
  return { outcome, ended };
}

/** Why a process that was to be held is not. */
export function whyNotHeld({ pid }: TracedProcess, outcome: NotHeld): BelayError {
  const doing = `cannot stop process ${pid}`;
  if (outcome === 'ended') return new BelayError('ESRCH', `${doing}: it has ended meanwhile`);
  if (outcome === 'execed') {
    const hint = 'try again';
    return new BelayError('EAGAIN', `${doing}: it has begun another program meanwhile`, { hint });
  }
  if (outcome === 'in-vfork') {
    const hint = 'its child runs in its memory until it execs or ends; try again';
    return new BelayError('EAGAIN', `${doing}: one of its threads is in vfork`, { hint });
  }
  const hint = 'it waits for a device, a file system or a vfork; try again';
  return new BelayError('EAGAIN', `${doing}: one of its threads does not stop`, { hint });
}

function whyAsking({ pid }: TracedProcess, tid: number): BelayError {
  const why = `thread ${tid} waits for the listener of a seccomp filter to answer its call`;
  const hint = 'a stop would have the listener asked once more; try again';
  return new BelayError('EAGAIN', `cannot stop process ${pid}: ${why}`, { hint });
}

/** Hold the process and make a point. The process stays held. */
export function checkpoint(process_: TracedProcess, request: CheckpointRequest): CheckpointOutcome {
  const asking = process_.stopped.pump.confinement.findAsking(process_.group);
  if (asking !== undefined) return { ok: false, error: whyAsking(process_, asking) };
  const held = hold(process_);
  if (held !== 'held') return { ok: false, error: whyNotHeld(process_, held) };
  if (isHidden(process_.group)) return { ok: false, error: new HiddenError(process_.pid) };
  const { sharing } = process_;
  if (sharing !== undefined) return { ok: false, error: whyShared(process_.pid, sharing) };
  for (;;) {
    try {
      return { ok: true, point: makePoint(process_, request) };
    } catch (error) {
      const mayRetry = error instanceof NoRoomError && request.makeRoom?.(error) === true;
      if (!mayRetry) return { ok: false, error: asBelayError(error) };
    }
  }
}

/** Put the process, which is held, on the point that was prepared for. It stays held. */
export function goBack(process_: TracedProcess, prepared: Prepared, why: Why): RollbackOutcome {
  try {
    const result = rollBack(process_, prepared, why);
    endImages(process_);
    return { ok: true, result };
  } catch (error) {
    return { ok: false, error: asBelayError(error) };
  }
}
