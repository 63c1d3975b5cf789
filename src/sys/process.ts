/**
 * What the supervisor does to itself and to its bell: setsid(2), posix_spawn(3), kcmp(2), kill(2),
 * tgkill(2).
 */
import { SyscallError } from '../errors.ts';
import { declare, errnoNow, NativeBuffer, toNumber } from './libc.ts';

const SYS_kcmp = 312;
/** glibc's posix_spawn_file_actions_t has 80 bytes, and musl's no more. */
const FILE_ACTIONS_SIZE = 80;
/** Results. */
const KCMP_LESS = 1;
const KCMP_GREATER = 2;
const KCMP_FILE = 0;
const KCMP_VM = 1;
const KCMP_FILES = 2;
const KCMP_FS = 3;

const setsidCall = declare('int setsid()');
const killCall = declare('int kill(int, int)');
const tgkillCall = declare('int tgkill(int, int, int)');
const spawn = declare(
  'int posix_spawn(uint64_t, const char *, uint64_t, uint64_t, const char **, const char **)',
);
const actionsInit = declare('int posix_spawn_file_actions_init(uint64_t)');
const actionsAddDup2 = declare('int posix_spawn_file_actions_adddup2(uint64_t, int, int)');
const actionsDestroy = declare('int posix_spawn_file_actions_destroy(uint64_t)');
const kcmpCall = declare('long syscall(long, int, int, int, ulong, ulong)');
const dup2Call = declare('int dup2(int, int)');

/** `pid_t setsid(void)`: a session of our own; false when we lead a process group already. */
export function setsid(): boolean {
  return setsidCall() !== -1;
}

/** `int kill(pid, signo)`: 0, or the positive errno. */
export function kill(pid: number, signo: number): number {
  return killCall(pid, signo) === 0 ? 0 : errnoNow();
}

/** `int tgkill(pid, tid, signo)`: 0, or the positive errno. */
export function tgkill(pid: number, tid: number, signo: number): number {
  return tgkillCall(pid, tid, signo) === 0 ? 0 : errnoNow();
}

/** `int dup2(from, to)`: false when refused. */
export function dup2(from: number, to: number): boolean {
  return dup2Call(from, to) !== -1;
}

/**
 * `posix_spawn(path, argv, {})`: the pid. The child is not one libuv knows of.
 *
 * @param stdin a descriptor that is to be its standard input
 * @param stdout one that is to be its standard output, without close-on-exec there
 */
export function posixSpawn(
  path: string,
  argv: readonly string[],
  stdin = 0,
  stdout?: number,
): number {
  const pid = new NativeBuffer(8);
  const actions = new NativeBuffer(FILE_ACTIONS_SIZE);
  actionsInit(actions.address);
  if (stdin !== 0) actionsAddDup2(actions.address, stdin, 0);
  if (stdout !== undefined) actionsAddDup2(actions.address, stdout, 1);
  const error = toNumber(spawn(pid.address, path, actions.address, 0, [...argv, null], [null]));
  actionsDestroy(actions.address);
  if (error !== 0)
    throw new SyscallError(`cannot start ${path}`, { syscall: 'posix_spawn', errno: error });
  return pid.words[0] ?? 0;
}

/** `kcmp(pid1, pid2, KCMP_FILE, fd1, fd2)`: true when both are one open file description. */
export function isSameFile(pid1: number, fd1: number, pid2: number, fd2: number): boolean {
  return toNumber(kcmpCall(SYS_kcmp, pid1, pid2, KCMP_FILE, fd1, fd2)) === 0;
}

/**
 * The same call: 0 for one open file, and else which comes first in an order of the kernel's that
 * stays, -1 or 1; undefined when it does not tell.
 */
export function compareFiles(pid: number, fd1: number, fd2: number): number | undefined {
  const result = toNumber(kcmpCall(SYS_kcmp, pid, pid, KCMP_FILE, fd1, fd2));
  if (result === KCMP_GREATER) return 1;
  return result === 0 ? 0 : result === KCMP_LESS ? -1 : undefined;
}

/** `kcmp(pid1, pid2, KCMP_FILES)`: true when each surely has a descriptor table of its own. */
export function hasOtherTable(pid1: number, pid2: number): boolean {
  return toNumber(kcmpCall(SYS_kcmp, pid1, pid2, KCMP_FILES, 0, 0)) > 0;
}

/** `kcmp(pid1, pid2, KCMP_FS)`: true when each surely has a root and a directory of its own. */
export function hasOtherDirectories(pid1: number, pid2: number): boolean {
  return toNumber(kcmpCall(SYS_kcmp, pid1, pid2, KCMP_FS, 0, 0)) > 0;
}

/** `kcmp(pid1, pid2, KCMP_VM)`: true when both run in one address space. */
export function isSameMemory(pid1: number, pid2: number): boolean {
  return toNumber(kcmpCall(SYS_kcmp, pid1, pid2, KCMP_VM, 0, 0)) === 0;
}
