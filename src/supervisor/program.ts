/** The program under care as a whole: its processes, its options, and how it is told about. */
import { constants } from 'node:os';
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import type { TracedProcess } from '../engine/traced-process.ts';
import type { RunOptions } from '../options/run-options.ts';
import { PageLimit } from '../store/page-limit.ts';
import { PAGE_SIZE } from '../arch/x64/syscalls.ts';
import { COMMAND_SHOWN_MAX, namesOf, parseCmdline, shortenCommand } from '../procfs/cmdline.ts';
import { ThreadFiles } from '../tracee/thread-files.ts';
import { NativeBuffer } from '../sys/libc.ts';
import { readStatus } from '../tasks/read-status.ts';

/** A character more than is shown, however many bytes it takes. */
const COMMAND_READ_MAX_BYTES = 4 * (COMMAND_SHOWN_MAX + 1);

export class Program {
  readonly processes = new Map<number, TracedProcess>();
  readonly options: RunOptions;
  /** Numbers of the signals that are falls. */
  readonly fallSignals: ReadonlySet<number>;
  /** The process that was started or attached to. */
  readonly rootPid: number;
  command: readonly string[];
  /** Of what is saved of all of them. */
  readonly pageLimit: PageLimit;
  private readonly lastNames = new Map<number, string[]>();

  constructor(rootPid: number, command: readonly string[], options: RunOptions) {
    this.rootPid = rootPid;
    this.command = shortenCommand(command);
    this.options = options;
    this.pageLimit = new PageLimit(options.memory);
    const numbers = new Map<string, number>(Object.entries(constants.signals));
    this.fallSignals = new Set(options.on.flatMap((name) => numbers.get(name) ?? []));
  }

  /** What a process on its way out is called: of the first, and of those that have points. */
  noteLastNames(pid: number, hasPoints: boolean): void {
    if (pid !== this.rootPid && !hasPoints) return;
    this.lastNames.set(pid, readNames(pid, readCommand(pid)));
  }

  /** As they were noted, once. */
  takeLastNames(pid: number): { names?: string[] } {
    const names = this.lastNames.get(pid);
    this.lastNames.delete(pid);
    return names === undefined ? {} : { names };
  }
}

const signalNames = new Map<number, string>(
  Object.entries(constants.signals).map(([name, signo]) => [signo, name]),
);
signalNames.set(6, 'SIGABRT');
signalNames.set(29, 'SIGIO');

export function signalName(signo: number): string {
  return signalNames.get(signo) ?? `signal ${signo}`;
}

/** The names of si_code for the signals that are falls: sigaction(2). */
const CODE_NAMES: Readonly<Record<string, readonly string[]>> = {
  SIGILL: ['ILL_ILLOPC', 'ILL_ILLOPN', 'ILL_ILLADR', 'ILL_ILLTRP', 'ILL_PRVOPC', 'ILL_PRVREG'],
  SIGFPE: ['FPE_INTDIV', 'FPE_INTOVF', 'FPE_FLTDIV', 'FPE_FLTOVF', 'FPE_FLTUND', 'FPE_FLTRES'],
  SIGSEGV: ['SEGV_MAPERR', 'SEGV_ACCERR', 'SEGV_BNDERR', 'SEGV_PKUERR'],
  SIGBUS: ['BUS_ADRALN', 'BUS_ADRERR', 'BUS_OBJERR', 'BUS_MCEERR_AR', 'BUS_MCEERR_AO'],
  SIGTRAP: ['TRAP_BRKPT', 'TRAP_TRACE', 'TRAP_BRANCH', 'TRAP_HWBKPT'],
  SIGSYS: ['SYS_SECCOMP', 'SYS_USER_DISPATCH'],
};

const SI_KERNEL = 0x80;

/** Signals that were sent have their sender where faults have an address; some faults have none. */
export function hasFaultAddress(code: number): boolean {
  return code > 0 && code !== SI_KERNEL;
}

export function codeName(signo: number, code: number): string | undefined {
  if (code === 0) return 'SI_USER';
  if (code === -6) return 'SI_TKILL';
  if (code === -1) return 'SI_QUEUE';
  if (code === SI_KERNEL) return 'SI_KERNEL';
  return CODE_NAMES[signalName(signo)]?.[code - 1];
}

export function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}

export function savedBytesOf(process_: TracedProcess): number {
  return (process_.resources?.addressSpace.store.used ?? 0) * PAGE_SIZE;
}

export function readParentPid(pid: number): number {
  return readStatus(pid)?.ppid ?? 0;
}

/** TASK_COMM_LEN, with a newline for the closing NUL. */
const comm = new NativeBuffer(16);

/** Read while the thread is stopped to fall: without what Node does around a file. */
export function readThreadName(pid: number, tid: number): string {
  const names = new ThreadFiles(() => `/proc/${pid}/task/${tid}/comm`);
  try {
    return readNameFrom(names, tid);
  } finally {
    names.close();
  }
}

export function readNameFrom(names: ThreadFiles, tid: number): string {
  const size = names.read(tid, comm);
  return size === 0 ? '?' : comm.bytes.toString('utf8', 0, size).replace(/\n$/, '');
}

/** The beginning of the command line that the process claims to have. */
export function readCommand(pid: number): string[] {
  try {
    const words = parseCmdline(readBeginning(`/proc/${pid}/cmdline`)).args;
    return shortenCommand(words);
  } catch {
    return [];
  }
}

/** Never the whole: a process can say that its command line is terabytes long. */
function readBeginning(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(COMMAND_READ_MAX_BYTES);
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** By which people may call it, the one in /proc/PID/comm and that of its file among them. */
export function readNames(pid: number, command: readonly string[]): string[] {
  return namesOf(command, readThreadName(pid, pid), readExecutable(pid));
}

function readExecutable(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}
