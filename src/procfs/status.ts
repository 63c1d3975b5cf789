/**
 * Parses /proc/PID/status: identity, credentials, signal sets and confinement of a task.
 *
 * Source: proc_pid_status(5).
 */
import { parseFields } from './fields.ts';

/** Real, effective, saved and file-system id. */
export interface IdSet {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

export interface ProcessStatus {
  /** At most 15 bytes; special characters as the kernel escapes them. */
  readonly name: string;
  readonly state: TaskState;
  readonly tgid: number;
  readonly pid: number;
  readonly ppid: number;
  /** 0 when nobody traces the task. */
  readonly tracerPid: number;
  readonly uid: IdSet;
  readonly gid: IdSet;
  readonly threadCount: number;
  /** Signal sets: bit n - 1 is signal n. */
  readonly signalsPending: bigint;
  readonly signalsPendingShared: bigint;
  readonly signalsBlocked: bigint;
  readonly signalsIgnored: bigint;
  readonly signalsCaught: bigint;
  readonly noNewPrivs: boolean;
  /** 0 none, 1 strict, 2 filters; undefined in a kernel without seccomp. */
  readonly seccomp?: number;
  readonly seccompFilterCount?: number;
  /** Effective capabilities: bit n is capability n. */
  readonly capabilitiesEffective: bigint;
  readonly capabilitiesPermitted: bigint;
  /** Undefined once the memory is gone, as in a zombie. */
  readonly residentKb?: number;
  readonly virtualKb?: number;
}

/** What the kernel's letters in status and stat mean; a closed set in fs/proc/array.c. */
export const TASK_STATES = {
  R: 'running',
  S: 'sleeping',
  D: 'disk-sleep',
  T: 'stopped',
  t: 'tracing-stop',
  X: 'dead',
  Z: 'zombie',
  P: 'parked',
  I: 'idle',
} as const;

export type TaskState = (typeof TASK_STATES)[keyof typeof TASK_STATES];

/** The state of a kernel letter; undefined for one that is not known. */
export function parseTaskState(letter: string): TaskState | undefined {
  return Object.entries(TASK_STATES).find(([known]) => known === letter)?.[1];
}

/**
 * Parses the text of /proc/PID/status or /proc/PID/task/TID/status.
 *
 * @returns undefined when the text is not a whole status, as when the task ended while it was read.
 */
export function parseStatus(text: string): ProcessStatus | undefined {
  const fields = parseFields(text);
  const number = (key: string) => parseNumber(fields.get(key));
  const set = (key: string) => parseSet(fields.get(key));
  const status = {
    name: fields.get('Name'),
    state: parseTaskState(fields.get('State')?.charAt(0) ?? ''),
    tgid: number('Tgid'),
    pid: number('Pid'),
    ppid: number('PPid'),
    tracerPid: number('TracerPid'),
    uid: parseIdSet(fields.get('Uid')),
    gid: parseIdSet(fields.get('Gid')),
    threadCount: number('Threads'),
    signalsPending: set('SigPnd'),
    signalsPendingShared: set('ShdPnd'),
    signalsBlocked: set('SigBlk'),
    signalsIgnored: set('SigIgn'),
    signalsCaught: set('SigCgt'),
    capabilitiesEffective: set('CapEff'),
    capabilitiesPermitted: set('CapPrm'),
    noNewPrivs: parseFlag(fields.get('NoNewPrivs')),
  };
  if (!isComplete(status)) return undefined;
  return {
    ...status,
    ...withoutUndefined({
      seccomp: number('Seccomp'),
      seccompFilterCount: number('Seccomp_filters'),
      residentKb: number('VmRSS'),
      virtualKb: number('VmSize'),
    }),
  };
}

type Complete<Fields> = { [Key in keyof Fields]: Exclude<Fields[Key], undefined> };

function isComplete<Fields extends object>(fields: Fields): fields is Fields & Complete<Fields> {
  return Object.values(fields).every((value) => value !== undefined);
}

function withoutUndefined<Fields extends object>(fields: Fields): Partial<Complete<Fields>> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Complete<Fields>>;
}

/** The number at the start of a value; `VmRSS` is followed by its unit, kB. */
function parseNumber(value: string | undefined): number | undefined {
  const digits = /^[0-9]+(?=$|\s)/.exec(value ?? '')?.[0];
  return digits === undefined ? undefined : Number(digits);
}

function parseFlag(value: string | undefined): boolean | undefined {
  return value === '1' ? true : value === '0' ? false : undefined;
}

function parseSet(value: string | undefined): bigint | undefined {
  return /^[0-9a-f]{16}$/.test(value ?? '') ? BigInt(`0x${value}`) : undefined;
}

function parseIdSet(value: string | undefined): IdSet | undefined {
  const ids = value?.split('\t').map(Number) ?? [];
  const [real, effective, saved, fileSystem] = ids;
  if (real === undefined || effective === undefined) return undefined;
  if (saved === undefined || fileSystem === undefined || ids.some(Number.isNaN)) return undefined;
  return { real, effective, saved, fileSystem };
}
