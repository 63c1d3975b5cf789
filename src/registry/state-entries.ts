/**
 * State directories as they are found, each looked at for whether it can be true.
 *
 * Root looks into directories of other users, and what is in there is whatever they wrote. What is
 * true of an entry without asking anybody: its files are its owner's and make sense; a supervisor
 * that lives is a process of its owner's, and traces the process it claims to; one that has ended
 * was no more than its owner may be. Everything else is ignored, by name.
 */
import { basename, join } from 'node:path';
import type { ProcessStatus } from '../procfs/status.ts';
import { listThreads } from '../tasks/list-threads.ts';
import { readStatus } from '../tasks/read-status.ts';
import { lookAt } from './look-at.ts';
import { isAlive } from './process-identity.ts';
import {
  ENTRIES_MAX_COUNT,
  SOCKET_FILE,
  checkSupervisorFile,
  findFault,
  listEntryPaths,
  type BaseDirectory,
  type SupervisorFile,
} from './state-files.ts';

export interface StateEntry {
  readonly directory: string;
  /** The user whose directory it is. */
  readonly owner: number;
  readonly file: SupervisorFile;
  /** Its supervisor runs. */
  readonly isLive: boolean;
}

/** Told of what is left out, and why; of an entry also whose it would be. */
export type Ignore = (path: string, why: string, owner?: number) => void;

/** Chosen: the first that lives is among the first few. */
const THREADS_LOOKED_AT_MAX = 64;

/** The entries of a base that can be true, in no order. */
export function readStateEntries(base: BaseDirectory, ignore: Ignore): StateEntry[] {
  if (lookAt(base.path) === undefined) return [];
  const fault = findFault(base.path, base.uid);
  if (fault !== undefined) {
    ignore(base.path, fault);
    return [];
  }
  const paths = listEntryPaths(base);
  if (paths.length > ENTRIES_MAX_COUNT) {
    ignore(
      base.path,
      `it has more than ${ENTRIES_MAX_COUNT} entries; the others are not looked at`,
    );
  }
  return paths.slice(0, ENTRIES_MAX_COUNT).flatMap((directory) => {
    const entry = readStateEntry(directory, base.uid);
    if (typeof entry === 'string') ignore(directory, entry, base.uid);
    return typeof entry === 'object' ? [entry] : [];
  });
}

/** An entry; why it cannot be true; or undefined: there is none, or not yet. */
export function readStateEntry(directory: string, owner: number): StateEntry | string | undefined {
  if (lookAt(directory) === undefined) return undefined;
  const directoryFault = findFault(directory, owner);
  if (directoryFault !== undefined) return directoryFault;
  const file = checkSupervisorFile(directory);
  if (file === undefined) return undefined;
  if ('fault' in file) return file.fault;
  if (basename(directory) !== `${file.pid}-${file.startTime}`) {
    return `its supervisor.json is of process ${file.pid}`;
  }
  const isLive = isAlive(file.supervisorPid, file.supervisorStartTime);
  const why = isLive ? findLie(directory, owner, file) : findForeignUser(owner, file);
  return why ?? { directory, owner, file, isLive };
}

function findLie(directory: string, owner: number, file: SupervisorFile): string | undefined {
  const { pid, startTime, supervisorPid } = file;
  const user = readStatus(supervisorPid)?.uid.effective;
  if (user !== undefined && user !== owner) {
    return `its supervisor ${supervisorPid} is a process of user ${user}`;
  }
  // Children can be supervised when their parent has ended: who answers will have to name them.
  if (!isAlive(pid, startTime) || isTracedBy(pid, supervisorPid)) return undefined;
  if (readTracer(pid) === undefined && isStarting(directory)) return findForeignUser(owner, file);
  return `process ${pid} is not traced by ${supervisorPid}`;
}

/** The socket is made when the process is traced. */
function isStarting(directory: string): boolean {
  return lookAt(join(directory, SOCKET_FILE)) === undefined;
}

/** A process that nobody traces, and that its user could not have had traced before. */
function findForeignUser(owner: number, { pid, startTime }: SupervisorFile): string | undefined {
  const status = owner !== 0 && isAlive(pid, startTime) ? readAnyStatus(pid) : undefined;
  if (status === undefined || status.uid.real === owner) return undefined;
  return `process ${pid} is one of user ${status.uid.real}`;
}

/** Whether a thread of `pid` is traced by a thread of `tracer`. */
export function isTracedBy(pid: number, tracer: number): boolean {
  return readTracer(pid) === tracer;
}

/** The process that traces `pid`; undefined when none does. */
export function readTracer(pid: number): number | undefined {
  const tid = readAnyStatus(pid)?.tracerPid ?? 0;
  return tid === 0 ? undefined : readStatus(tid)?.tgid;
}

/** Of the first thread, or, when that has ended before the others, of one that lives. */
function readAnyStatus(pid: number): ProcessStatus | undefined {
  const first = readStatus(pid);
  if (first === undefined || first.state !== 'zombie') return first;
  const others = listThreads(pid)
    .slice(0, THREADS_LOOKED_AT_MAX)
    .map((tid) => readStatus(pid, tid));
  return others.find((status) => status !== undefined && status.state !== 'zombie') ?? first;
}
