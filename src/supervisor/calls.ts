/** belay's own system calls, as the kernel would answer them: a result, or minus errno. */
import { constants } from 'node:os';
import { FILTER_DATA } from '../arch/x64/seccomp-filter.ts';
import {
  BELAY_CALL,
  BELAY_CALL_FIRST,
  BELAY_CALL_LAST,
  PAGE_SIZE,
  SYS,
} from '../arch/x64/syscalls.ts';
import { checkpoint } from '../engine/operations.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { CAUSE, WHY_SIZE_MIN, WhyError } from '../engine/why.ts';
import type { BelayError } from '../errors.ts';
import { ptraceGeteventmsg } from '../sys/ptrace.ts';
import { ConfinedError } from '../tracee/confinement.ts';
import { HiddenError } from '../tracee/hidden.ts';
import type { Thread } from '../tracee/thread.ts';
import { haveTraced } from '../tracee/untraced-clone.ts';
import type { NoRoomError } from '../store/page-limit.ts';
import { makeRoom, makeRoomAhead } from './make-room.ts';
import { giveWayToTracer } from './own-tracing.ts';
import type { Supervision } from './supervision.ts';

const { EAGAIN, EBADF, EFAULT, EINVAL, ENOMEM, ENOSYS, EPERM } = constants.errno;
/** Not among Node's constants; include/belay.h says what it means here. */
const ENOTRECOVERABLE = 131;
/** Chosen: a program that keeps more ranges than this wants a mapping of its own for them. */
const KEEPS_MAX = 1024;
/** Chosen: kept bytes are copied at each rollback, while the program is stopped. */
const KEEP_MAX_BYTES = 64 << 20;
const ADDRESS_MAX = 2 ** 47;
const REGISTERED_RANGE_SIZE = 16;

/** A thread is at one of our calls. Its registers are fetched. */
export function handleCall(supervisor: Supervision, process_: TracedProcess, thread: Thread): void {
  const { registers } = thread;
  const first = registers.get('rdi');
  const second = registers.get('rsi');
  const nr = registers.getInt('orig_rax');
  if (!isOwn(nr) && ptraceGeteventmsg(thread.tid) !== FILTER_DATA) {
    // A filter of the program's own, for a tracer that it does not have.
    answer(supervisor, thread, -ENOSYS);
    return;
  }
  switch (nr) {
    case BELAY_CALL.tsetjmp:
      callTsetjmp(supervisor, process_, thread, first, second);
      return;
    case BELAY_CALL.tlongjmp:
      callTlongjmp(supervisor, process_, thread);
      return;
    case BELAY_CALL.tforget:
      answer(supervisor, thread, callTforget(process_, registers.getInt('rdi')));
      return;
    case BELAY_CALL.tkeep:
      answer(supervisor, thread, callTkeep(process_, first, second));
      return;
    case SYS.madvise:
      makeWayForGuards(process_, first, second);
      thread.resume();
      return;
    case SYS.ioctl:
      giveWay(process_, registers.get('rdx'));
      thread.resume();
      return;
    case SYS.clone:
      haveTraced(thread);
      thread.resume();
      return;
    case SYS.ptrace:
      giveWayToTracer(supervisor, process_, thread);
      return;
    default:
      answer(supervisor, thread, -ENOSYS);
  }
}

function isOwn(nr: number): boolean {
  return nr >= BELAY_CALL_FIRST && nr <= BELAY_CALL_LAST;
}

/**
 * The program registers memory with a userfaultfd of its own, which is refused for what is ours:
 * struct uffdio_register begins with the start and the size. Then the call is made.
 */
function giveWay(process_: TracedProcess, address: number): void {
  const range = process_.target.read(address, REGISTERED_RANGE_SIZE);
  if (range.length < REGISTERED_RANGE_SIZE) return;
  const [start, size] = [Number(range.readBigUInt64LE(0)), Number(range.readBigUInt64LE(8))];
  if (start + size < ADDRESS_MAX) process_.resources?.addressSpace.giveWay(start, start + size);
}

/** The program installs guard pages, not over protected ones: see WrittenPages. Then it goes on. */
function makeWayForGuards(process_: TracedProcess, start: number, sizeBytes: number): void {
  const end = Math.ceil((start + sizeBytes) / PAGE_SIZE) * PAGE_SIZE;
  const isRange = start % PAGE_SIZE === 0 && start < end && end < ADDRESS_MAX;
  if (isRange) process_.resources?.addressSpace.makeWayForGuards(start, end);
}

/** Finish the call with `result` and let the thread run. */
function answer(supervisor: Supervision, thread: Thread, result: number): void {
  finish(thread, result);
  thread.resume();
}

function finish(thread: Thread, result: number): void {
  thread.registers.finishSyscall(result);
  thread.storeRegisters();
}

function callTsetjmp(
  supervisor: Supervision,
  process_: TracedProcess,
  thread: Thread,
  why: number,
  sizeBytes: number,
): void {
  if (supervisor.postpones(thread)) return;
  const isPatienceOver = process_.group.isInVfork;
  const startedAt = process.hrtime();
  const refusal = refuseTsetjmp(supervisor, process_, why, sizeBytes);
  if (refusal !== 0) {
    answer(supervisor, thread, -refusal);
    return;
  }
  const cd = process_.lastCd + 1;
  finish(thread, cd);
  const request = {
    cd,
    origin: 'program',
    caller: thread,
    why,
    whySizeBytes: sizeBytes,
    startedAt,
    makeRoom: (error: NoRoomError) => makeRoom(supervisor.program, process_, error),
  } as const;
  const { execCount } = process_.group;
  const outcome = checkpoint(process_, request);
  if (outcome.ok) {
    process_.lastCd = cd;
    supervisor.tellPoint(process_, outcome.point);
  } else if (process_.group.execCount !== execCount) {
    // Nobody waits for an answer any more.
  } else if (outcome.error.code === 'EAGAIN' && !isPatienceOver && supervisor.postpones(thread)) {
    makeAnew(thread);
    supervisor.release(process_);
    return;
  } else {
    finish(thread, -errnoOf(outcome.error));
    // What it asked for was no point that could be made: that is between it and its call.
    if (!(outcome.error instanceof WhyError)) {
      supervisor.warn(process_, `no point was made: ${outcome.error.message}`);
    }
  }
  supervisor.release(process_, thread);
}

/** As it was when it made the call: it is handled once more. */
function makeAnew(thread: Thread): void {
  thread.registers.set('orig_rax', BELAY_CALL.tsetjmp);
  thread.registers.set('rax', -ENOSYS);
  thread.storeRegisters();
}

function refuseTsetjmp(
  supervisor: Supervision,
  process_: TracedProcess,
  why: number,
  sizeBytes: number,
): number {
  if (process_.sharesMemory) return EINVAL;
  if (why !== 0) {
    if (sizeBytes < WHY_SIZE_MIN || why % 4 !== 0) return EINVAL;
    if (why >= ADDRESS_MAX) return EFAULT;
  }
  makeRoomAhead(supervisor.program, process_);
  return process_.points.makeRoom(supervisor.program.options.maxPoints) ? 0 : ENOMEM;
}

function errnoOf(error: BelayError): number {
  if (error.code === 'EAGAIN') return EAGAIN;
  if (error instanceof WhyError) return EFAULT;
  if (error instanceof ConfinedError || error instanceof HiddenError) return EPERM;
  return error.code === 'ENOMEM' ? ENOMEM : ENOSYS;
}

function callTlongjmp(supervisor: Supervision, process_: TracedProcess, thread: Thread): void {
  if (supervisor.postpones(thread)) return;
  const startedAt = process.hrtime();
  const { registers } = thread;
  const point = process_.points.find(registers.getInt('rdi'));
  const value = registers.getInt('rsi');
  if (point === undefined) {
    answer(supervisor, thread, -EBADF);
    return;
  }
  const ip = registers.getBig('rip');
  finish(thread, -ENOTRECOVERABLE);
  const why = { cause: CAUSE.longjmp, value, tid: thread.tid, ip };
  supervisor.jump(process_, point, why, { startedAt, thread });
}

function callTforget(process_: TracedProcess, cd: number): number {
  const point = process_.points.find(cd);
  if (point === undefined) return -EBADF;
  process_.points.forget(point);
  return 0;
}

function callTkeep(process_: TracedProcess, address: number, sizeBytes: number): number {
  const end = address + sizeBytes;
  if (sizeBytes === 0 || end > 2 ** 64) return -EINVAL;
  if (end > ADDRESS_MAX) return -EFAULT;
  if (!isReadable(process_, address, Math.min(sizeBytes, KEEP_MAX_BYTES))) return -EFAULT;
  if (!isReadable(process_, end - 1, 1)) return -EFAULT;
  if (sizeBytes > KEEP_MAX_BYTES) return -ENOMEM;
  if (process_.keeps.length >= KEEPS_MAX) return -ENOMEM;
  process_.keeps.push({ start: address, end });
  return 0;
}

function isReadable(process_: TracedProcess, address: number, sizeBytes: number): boolean {
  return process_.target.read(address, sizeBytes).length === sizeBytes;
}
