/**
 * `belay run`: turns a waiting shell process into the command, under supervision.
 *
 * bin/belay is a shell script that waits in a command substitution, having done nothing that a
 * program could see. It is seized, and made to call execve with the environment it was itself
 * started with: dispositions, masks, limits, descriptors and terminal are then what a plain exec
 * would have passed on. Errors end it with env(1)'s exit codes.
 */
import { readFileSync, readlinkSync, readdirSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { BelayError } from '../errors.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from '../sys/mmap.ts';
import { ptraceCont, ptraceInterrupt, ptraceSeize, ptraceSyscall } from '../sys/ptrace.ts';
import { RemoteCalls } from '../tracee/remote-calls.ts';
import type { Thread } from '../tracee/thread.ts';
import { TRACE_OPTIONS } from '../tracee/trace-options.ts';
import { installFilter } from './install-filter.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

const { ENOENT, ENOTDIR, EACCES, ENOEXEC } = constants.errno;
const SIGCHLD = 17;
const WNOHANG = 1;
const __WALL = 0x40000000;
const EXIT_NOT_EXECUTABLE = 126;
const EXIT_NOT_FOUND = 127;
/** execvp(3) where PATH is not set. */
const DEFAULT_PATH = '/bin:/usr/bin';
/**
 * Chosen: the shell's helper has ended long before the supervisor is up; this is for a busy
 * machine.
 */
const REAP_TRIES = 5000;

export type Launch = { readonly ok: true } | { readonly ok: false; readonly exitCode: number };

/** Seize the shell and exec the command in it. On failure the shell is made to exit. */
export function launch(
  supervisor: Supervisor,
  process_: TracedProcess,
  command: readonly string[],
  helperPid: number,
): Launch {
  const thread = seizeShell(supervisor, process_);
  const calls = new RemoteCalls(supervisor.pump, thread, process_.syscallAddress);
  reapHelper(calls, helperPid);
  takeHelperSignal(calls, process_);
  closeOurPipe(calls, process_.pid);
  const errno = execCommand(calls, process_, command);
  if (errno !== 0) {
    const exitCode = errno === ENOENT || errno === ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    complain(command[0] ?? '', errno);
    endShell(thread, calls, exitCode);
    return { ok: false, exitCode };
  }
  calls.end();
  process_.reset();
  thread.group.execCount += 1;
  settleExec(supervisor, thread);
  installFilter(supervisor, process_, thread);
  return { ok: true };
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
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < REAP_TRIES; tries += 1) {
    const result = calls.call(SYS.wait4, helperPid, 0, WNOHANG | __WALL, 0);
    if (result !== 0) return;
    Atomics.wait(pause, 0, 0, 1);
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

/** The read end of the command substitution, which the shell holds without close-on-exec. */
function closeOurPipe(calls: RemoteCalls, pid: number): void {
  const ours = readlinkSync('/proc/self/fd/1');
  if (!ours.startsWith('pipe:')) return;
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    if (Number(name) > 2 && readLink(`/proc/${pid}/fd/${name}`) === ours) {
      calls.call(SYS.close, Number(name));
    }
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Try execve as execvp(3) does. 0: the command runs, at its exec stop; else the errno. */
function execCommand(
  calls: RemoteCalls,
  process_: TracedProcess,
  command: readonly string[],
): number {
  const environment = splitEnvironment(readFileSync(`/proc/${process_.pid}/environ`));
  let denied = 0;
  for (const path of candidates(command[0] ?? '', environment)) {
    const errno = execPath(calls, process_, path, command, environment);
    if (errno === 0) return 0;
    if (errno === ENOEXEC) {
      return execPath(calls, process_, '/bin/sh', ['sh', path, ...command.slice(1)], environment);
    }
    if (errno === EACCES) denied = errno;
    else if (errno !== ENOENT && errno !== ENOTDIR) return errno;
  }
  return denied === 0 ? ENOENT : denied;
}

function candidates(name: string, environment: readonly Buffer[]): string[] {
  if (name === '') return [];
  if (name.includes('/')) return [name];
  const entry = environment.find((each) => each.subarray(0, 5).toString('latin1') === 'PATH=');
  const path = entry === undefined ? DEFAULT_PATH : entry.subarray(5).toString('utf8');
  return path.split(':').map((directory) => (directory === '' ? name : `${directory}/${name}`));
}

function splitEnvironment(bytes: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    entries.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return entries;
}

/** One execve, its strings and pointer arrays in a mapping that the exec itself does away with. */
function execPath(
  calls: RemoteCalls,
  process_: TracedProcess,
  path: string,
  command: readonly string[],
  environment: readonly Buffer[],
): number {
  const words = command.map((word) => Buffer.from(word, 'utf8'));
  const strings = [Buffer.from(path, 'utf8'), ...words, ...environment];
  const pointersSize = (strings.length + 2) * 8;
  const size = strings.reduce((sum, each) => sum + each.length + 1, pointersSize);
  const mapped = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
  const protection = PROT_READ | PROT_WRITE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const base = calls.callOrThrow('mmap', SYS.mmap, 0, mapped, protection, flags, -1, 0);
  const image = Buffer.alloc(size);
  const addresses: number[] = [];
  let at = pointersSize;
  for (const each of strings) {
    addresses.push(base + at);
    each.copy(image, at);
    at += each.length + 1;
  }
  const [pathAddress = 0, ...others] = addresses;
  const argv = others.slice(0, words.length);
  [...argv, 0, ...others.slice(words.length), 0].forEach((address, index) => {
    image.writeBigUInt64LE(BigInt(address), index * 8);
  });
  process_.target.write(base, image);
  const environmentAt = base + (words.length + 1) * 8;
  const result = calls.call(SYS.execve, pathAddress, base, environmentAt);
  if (result < 0) calls.call(SYS.munmap, base, mapped);
  return result < 0 ? -result : 0;
}

/** Leave the execve itself: registers set at the exec stop would be overwritten by its result. */
export function settleExec(supervisor: Supervisor, thread: Thread): void {
  ptraceSyscall(thread.tid, 0);
  const stop = supervisor.pump.nextOf(thread);
  if (stop === undefined) throw new BelayError('ESRCH', 'cannot supervise the command: it ended');
  thread.stopFor({ kind: 'interrupt' });
}

function endShell(thread: Thread, calls: RemoteCalls, exitCode: number): void {
  try {
    calls.call(SYS.exit_group, exitCode);
  } catch {
    ptraceCont(thread.tid, 0);
  }
}

function complain(name: string, errno: number): void {
  const reasons = new Map([
    [ENOENT, 'no such file or directory'],
    [ENOTDIR, 'not a directory'],
    [EACCES, 'permission denied'],
  ]);
  const why = reasons.get(errno) ?? `errno ${errno}`;
  writeSync(2, `belay: cannot run ${JSON.stringify(name)}: ${why}\n`);
}
