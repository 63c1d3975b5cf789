/**
 * Parses /proc/PID/stat: job control, times and layout of a task.
 *
 * Source: proc_pid_stat(5). Field numbers below are the manual's, from 1.
 */
import { parseTaskState, type TaskState } from './status.ts';

export interface ProcessStat {
  readonly pid: number;
  /** At most 15 bytes, as the program set it: parentheses, spaces and newlines included. */
  readonly comm: string;
  readonly state: TaskState;
  readonly ppid: number;
  readonly processGroup: number;
  readonly session: number;
  /** Device number of the controlling terminal, 0 for none. */
  readonly terminal: number;
  /** -1 without a terminal. */
  readonly terminalForegroundGroup: number;
  /** The kernel's PF_ flags: include/linux/sched.h. */
  readonly flags: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly threadCount: number;
  /** After boot, in clock ticks; with the pid it names a process for good. */
  readonly startTicks: number;
  readonly virtualBytes: number;
  readonly residentPages: number;
  /** The processor last run on. */
  readonly processor: number;
  /** Where the heap of brk(2) begins; 0 when not permitted to see. */
  readonly heapStart: number;
  /** As waitpid(2) will tell it, when the process has been told to end; 0 when not to be seen. */
  readonly exitStatus: number;
}

/** Nothing of the process runs any more; not so where only its first thread has ended. */
export function isEnded({ state, threadCount }: ProcessStat): boolean {
  return (state === 'zombie' || state === 'dead') && threadCount <= 1;
}

/** include/linux/sched.h; the first since Linux 5.12, the second since 6.4. */
const PF_IO_WORKER = 0x10;
const PF_USER_WORKER = 0x4000;

/** Whether it is a thread that the kernel lets run in a process, with no code of the program. */
export function isKernelWorker({ flags }: ProcessStat): boolean {
  return (flags & (PF_IO_WORKER | PF_USER_WORKER)) !== 0;
}

/** Field 52, the last of those used here: since Linux 3.5. */
const MIN_FIELD_COUNT = 52;

/**
 * Parses the text of /proc/PID/stat or /proc/PID/task/TID/stat.
 *
 * @returns undefined when the text is not a whole stat, as when the task ended while it was read.
 */
export function parseStat(text: string): ProcessStat | undefined {
  // The name can hold anything, ')' too; nothing after it can.
  const nameStart = text.indexOf(' (');
  const nameEnd = text.lastIndexOf(') ');
  if (nameStart <= 0 || nameEnd < nameStart + 2) return undefined;
  const pid = Number(text.slice(0, nameStart));
  const fields = text
    .slice(nameEnd + 2)
    .trim()
    .split(' ');
  const state = parseTaskState(fields[0] ?? '');
  const numbers = fields.slice(1).map(Number);
  if (fields.length + 2 < MIN_FIELD_COUNT || state === undefined) return undefined;
  if (Number.isNaN(pid) || numbers.some(Number.isNaN)) return undefined;
  const field = (position: number) => numbers[position - 4] ?? 0;
  return {
    pid,
    comm: text.slice(nameStart + 2, nameEnd),
    state,
    ppid: field(4),
    processGroup: field(5),
    session: field(6),
    terminal: field(7),
    terminalForegroundGroup: field(8),
    flags: field(9),
    userTicks: field(14),
    systemTicks: field(15),
    threadCount: field(20),
    startTicks: field(22),
    virtualBytes: field(23),
    residentPages: field(24),
    processor: field(39),
    heapStart: field(47),
    exitStatus: field(52),
  };
}
