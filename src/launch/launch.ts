/**
 * `belay run`: turns a waiting shell process into the command, under supervision.
 *
 * bin/belay is a shell script that waits in a command substitution, having done nothing that a
 * program could see. It is seized, and made to call execve with the environment it was itself
 * started with: dispositions, masks, limits, descriptors and terminal are then what a plain exec
 * would have passed on. Errors end it with env(1)'s exit codes.
 */
import { readlinkSync, readdirSync } from 'node:fs';
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { asBelayError, BelayError } from '../errors.ts';
import { EXIT_BELAY_FAILED } from '../options/run-options.ts';
import { pause } from '../sys/pause.ts';
import { kill } from '../sys/process.ts';
import { ptraceCont, ptraceInterrupt, ptraceSeize, ptraceSyscall } from '../sys/ptrace.ts';
import { writeWhole } from '../sys/write-whole.ts';
import { RemoteCalls } from '../tracee/remote-calls.ts';
import type { Thread } from '../tracee/thread.ts';
import { TRACE_OPTIONS } from '../tracee/trace-options.ts';
import { execCommand } from './exec-command.ts';
import { installFilter } from './install-filter.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

const EXIT_NOT_EXECUTABLE = 126;
const EXIT_NOT_FOUND = 127;
/** Until the command is about to run, what we say on stderr goes to the caller's, kept here. */
export const CALLERS_STDERR = 3;
const SIGKILL = 9;
const SIGCHLD = 17;
const WNOHANG = 1;
const __WALL = 0x40000000;
/**
 * Chosen: the shell's helper has ended long before the supervisor is up; this is for a busy
 * machine.
 */
const REAP_TRIES = 5000;

/**
 * Seize the shell and exec the command in it. Undefined: that could not be done, the reason has
 * been told on stderr, and the shell, or the command that has not begun yet, made to exit.
 *
 * @param prepare what must be there before the first instruction of the command: answers it
 * @throws BelayError EPERM, ESRCH: the shell is not ours, and can be told by its pipe
 */
export function launch<Prepared>(
  supervisor: Supervisor,
  process_: TracedProcess,
  command: readonly Buffer[],
  helperPid: number,
  prepare: () => Prepared,
): Prepared | undefined {
  const thread = seizeShell(supervisor, process_);
  let exitCode = EXIT_BELAY_FAILED;
  try {
    const calls = new RemoteCalls(supervisor.pump, thread, process_.syscallAddress);
    reapHelper(calls, helperPid);
    takeHelperSignal(calls, process_);
    closeOurPipe(calls, process_.pid);
    const failure = execCommand(calls, process_, command);
    if (failure === undefined) {
      calls.end();
      becomeCommand(supervisor, process_, thread);
      return prepare();
    }
    exitCode = failure.code === 'ENOTFOUND' ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    tell(failure);
  } catch (error) {
    tell(asBelayError(error));
  }
  endUnbegun(supervisor, process_, thread, exitCode);
  return undefined;
}

/** The exec is done, and no instruction of the command has run yet. */
function becomeCommand(supervisor: Supervisor, process_: TracedProcess, thread: Thread): void {
  process_.reset();
  thread.group.execCount += 1;
  settleExec(supervisor, thread);
  installFilter(supervisor, process_, thread);
}

export function tell({ message, hint }: BelayError): void {
  sayToCaller(`belay: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
}

/** To whoever called `belay run`. */
export function sayToCaller(text: string): void {
  try {
    writeWhole(CALLERS_STDERR, text);
  } catch {
    // There is nowhere else to say it; the exit status tells.
  }
}

function seizeShell(supervisor: Supervisor, process_: TracedProcess): Thread {
  const { pid } = process_;
  const errno = ptraceSeize(pid, TRACE_OPTIONS);
  if (errno !== 0) {
    throw new BelayError('EPERM', `cannot supervise process ${pid}: errno ${errno}`, {
      hint: 'is it being traced, or is ptrace forbidden here? see belay doctor',
    });
  }
  const thread = supervisor.pump.add(pid, process_.group);
  ptraceInterrupt(pid);
  const stop = supervisor.pump.nextOf(thread);
  if (stop === undefined)
    throw new BelayError('ESRCH', `cannot supervise process ${pid}: it ended`);
  return thread;
}

/** The shell's helper that started us has ended: the command must not inherit it as a zombie. */
function reapHelper(calls: RemoteCalls, helperPid: number): void {
  for (let tries = 0; tries < REAP_TRIES; tries += 1) {
    const result = calls.call(SYS.wait4, helperPid, 0, WNOHANG | __WALL, 0);
    if (result !== 0) return;
    pause(1);
  }
}

/** The helper's SIGCHLD: where it is blocked, it would stay pending over the exec. */
function takeHelperSignal(calls: RemoteCalls, process_: TracedProcess): void {
  const below = calls.thread.registers.get('rsp') - PAGE_SIZE;
  const [set, noTime] = [below - (below % 8), below - (below % 8) + 8];
  const words = Buffer.alloc(24);
  words.writeUInt32LE(1 << (SIGCHLD - 1));
  if (process_.target.write(set, words)) calls.call(SYS.rt_sigtimedwait, set, 0, noTime, 8);
}

/**
 * The read end of the command substitution, which the shell holds without close-on-exec: at the
 * number of a standard stream where the caller has closed that one.
 */
function closeOurPipe(calls: RemoteCalls, pid: number): void {
  const ours = readlinkSync('/proc/self/fd/1');
  if (!ours.startsWith('pipe:')) return;
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    if (readLink(`/proc/${pid}/fd/${name}`) === ours) calls.call(SYS.close, Number(name));
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Leave the execve itself: registers set at the exec stop would be overwritten by its result. */
export function settleExec(supervisor: Supervisor, thread: Thread): void {
  ptraceSyscall(thread.tid, 0);
  const stop = supervisor.pump.nextOf(thread);
  if (stop === undefined) throw new BelayError('ESRCH', 'cannot supervise the command: it ended');
  thread.stopFor({ kind: 'interrupt' });
}

function endUnbegun(
  supervisor: Supervisor,
  process_: TracedProcess,
  thread: Thread,
  exitCode: number,
): void {
  try {
    const calls = new RemoteCalls(supervisor.pump, thread, process_.syscallAddress);
    calls.call(SYS.exit_group, exitCode);
  } catch {
    // It has ended, or cannot be made to by itself: the command must not run without us.
    if (thread.group.execCount > 0) kill(process_.pid, SIGKILL);
    ptraceCont(thread.tid, 0);
  }
}
