/**
 * The files by which a supervisor is found: where they are, who may own them, what they say.
 *
 *     BASE/PID-STARTTIME/supervisor.json   who supervises whom, since when, with which options
 *                       /filters           which filters are ours: filter-notes.ts
 *                       /socket            messages.ts
 *                       /log.ndjson        records.ts; log.old.ndjson is the one before
 *                       /state             whether a rollback is under way
 *
 * BASE is `$BELAY_DIR`, else /run/belay for root, `$XDG_RUNTIME_DIR/belay` for others, and
 * `/tmp/belay-UID` where that is missing or not theirs alone. A directory is trusted only if it is
 * a directory, not a link to one, of the expected owner, and nobody else can write in it.
 */
import { opendirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { BelayError } from '../errors.ts';
import { lookAt, type Fault } from './look-at.ts';
import { readOwnFile } from './small-file.ts';
import {
  CHILDREN,
  PEERS,
  SHARED_OFFSETS,
  SIGNAL_NAME,
  type RunOptions,
} from '../options/run-options.ts';

export const SUPERVISOR_FILE = 'supervisor.json';
export const SOCKET_FILE = 'socket';
export const LOG_FILE = 'log.ndjson';
export const OLD_LOG_FILE = 'log.old.ndjson';
export const STATE_FILE = 'state';

export interface SupervisorFile {
  readonly supervisorPid: number;
  readonly supervisorStartTime: number;
  readonly pid: number;
  readonly startTime: number;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly options: RunOptions;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What decides where state directories are; the process's own by default. */
export interface Surroundings {
  readonly uid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A directory that holds state directories, and the user it must belong to. */
export interface BaseDirectory {
  readonly path: string;
  readonly uid: number;
}

/** 108 bytes of sun_path, its closing NUL among them: unix(7). */
const SOCKET_PATH_MAX_BYTES = 107;
const GROUP_OR_WORLD_WRITE = 0o022;
/** Chosen: the beginning of a command line and a path, each character escaped as \u0000. */
const SUPERVISOR_FILE_MAX_BYTES = 128 * 1024;
/** Chosen: more programs than one user has; another user could make millions. */
export const ENTRIES_MAX_COUNT = 4096;
/** Chosen: a second's worth of names. */
const NAMES_MAX_COUNT = 1_000_000;
/** Milliseconds since 1970 that are a date: ECMA-262. */
const DATE_MAX_MS = 8.64e15;

export function ownSurroundings(): Surroundings {
  return { uid: process.geteuid?.() ?? 0, env: process.env };
}

/**
 * Where this user's state directories are. It need not exist yet.
 *
 * @throws BelayError EUSAGE: BELAY_DIR is a relative path, and others have another directory
 */
export function ownBaseDirectory(surroundings: Surroundings = ownSurroundings()): BaseDirectory {
  const { uid, env } = surroundings;
  const override = env.BELAY_DIR;
  if (override !== undefined && override !== '') {
    if (isAbsolute(override)) return { path: override, uid };
    throw new BelayError('EUSAGE', `cannot use BELAY_DIR=${override}: it is a relative path`, {
      hint: 'set it to the absolute path of a directory of your own',
    });
  }
  if (uid === 0) return { path: '/run/belay', uid };
  const runtime = env.XDG_RUNTIME_DIR ?? '';
  if (isAbsolute(runtime) && isPrivateDirectory(runtime, uid)) {
    return { path: join(runtime, 'belay'), uid };
  }
  return { path: `/tmp/belay-${uid}`, uid };
}

/** Whether `path` is a directory, no link, of `uid`, in which nobody else can write. */
export function isPrivateDirectory(path: string, uid: number): boolean {
  return findFault(path, uid) === undefined;
}

/**
 * Checks that a directory can be trusted.
 *
 * @throws BelayError EPERM when it belongs to somebody else, is a link, or others can write in it
 */
export function assertPrivateDirectory(path: string, uid: number): void {
  const fault = findFault(path, uid);
  if (fault === undefined) return;
  throw new BelayError('EPERM', `cannot use ${path}: ${fault}`, {
    hint: 'remove it, or set BELAY_DIR to a directory of your own',
  });
}

/** Why a directory cannot be trusted; undefined: it can. */
export function findFault(path: string, uid: number): string | undefined {
  const stat = lookAt(path);
  if (stat === undefined) return 'it is not there';
  if ('fault' in stat) return stat.fault;
  if (!stat.isDirectory()) return 'it is not a directory';
  if (stat.uid !== uid) return `it belongs to user ${stat.uid}, not to user ${uid}`;
  if ((stat.mode & GROUP_OR_WORLD_WRITE) !== 0) return 'others can write in it';
  return undefined;
}

/** The state directories under a base that can be trusted, in no order. */
export function listStateDirectories(base: BaseDirectory): string[] {
  if (!isPrivateDirectory(base.path, base.uid)) return [];
  return listEntryPaths(base).filter((path) => isPrivateDirectory(path, base.uid));
}

/** What is called as state directories are, ENTRIES_MAX_COUNT and one at most. */
export function listEntryPaths(base: BaseDirectory): string[] {
  const paths: string[] = [];
  listNames(base.path, /^\d{1,10}-\d{1,20}$/, (name) => {
    return paths.push(join(base.path, name)) <= ENTRIES_MAX_COUNT;
  });
  return paths;
}

/** Reads `supervisor.json`; undefined when there is none, or none that makes sense. */
export function readSupervisorFile(directory: string): SupervisorFile | undefined {
  const file = checkSupervisorFile(directory);
  return file !== undefined && 'fault' in file ? undefined : file;
}

/** Reads `supervisor.json`; what is wrong with it, if anything; undefined: there is none. */
export function checkSupervisorFile(directory: string): SupervisorFile | Fault | undefined {
  const text = readOwnFile(join(directory, SUPERVISOR_FILE), SUPERVISOR_FILE_MAX_BYTES);
  if (!Buffer.isBuffer(text)) return text;
  try {
    const parsed: unknown = JSON.parse(text.toString('utf8'));
    if (isSupervisorFile(parsed)) return parsed;
  } catch {
    // Cut off in the middle, say: as if it made no sense.
  }
  return { fault: `${SUPERVISOR_FILE} makes no sense` };
}

/**
 * A path for bind(2) and connect(2), which take 107 bytes at most: a longer one is given by way
 * of an open descriptor of its directory.
 */
export function socketPath(directory: string, openDirectory: () => number): string {
  const path = join(directory, SOCKET_FILE);
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX_BYTES) return path;
  return `/proc/self/fd/${openDirectory()}/${SOCKET_FILE}`;
}

/**
 * Tells of the names that match, in no order, until `tell` answers false; what others put there
 * takes a bounded time. False: it was not to the end.
 */
export function listNames(path: string, wanted: RegExp, tell: (name: string) => boolean): boolean {
  try {
    const directory = opendirSync(path);
    try {
      for (let looked = 0; looked < NAMES_MAX_COUNT; looked += 1) {
        const name = directory.readSync()?.name;
        if (name === undefined) return true;
        if (wanted.test(name) && !tell(name)) return false;
      }
      return false;
    } finally {
      directory.closeSync();
    }
  } catch {
    // It is not there, or not ours to read.
    return true;
  }
}

function isSupervisorFile(value: unknown): value is SupervisorFile {
  if (typeof value !== 'object' || value === null) return false;
  const file = value as Partial<Record<keyof SupervisorFile, unknown>>;
  const numbers = [file.supervisorPid, file.supervisorStartTime, file.pid, file.startTime];
  return (
    [...numbers, file.uid, file.startedAt].every((number) => Number.isSafeInteger(number)) &&
    Math.abs(Number(file.startedAt)) <= DATE_MAX_MS &&
    isWords(file.command) &&
    typeof file.cwd === 'string' &&
    typeof file.version === 'string' &&
    isRunOptions(file.options)
  );
}

function isRunOptions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const options = value as Partial<Record<keyof RunOptions, unknown>>;
  return (
    isWords(options.on) &&
    options.on.every((name) => SIGNAL_NAME.test(name)) &&
    Number.isSafeInteger(options.retries) &&
    Number.isSafeInteger(options.maxPoints) &&
    typeof options.verbose === 'boolean' &&
    isChoice(options.sharedOffsets, SHARED_OFFSETS) &&
    isChoice(options.peers, PEERS) &&
    isChoice(options.children, CHILDREN) &&
    [options.every, options.memory].every(isOptionalInteger)
  );
}

function isOptionalInteger(value: unknown): boolean {
  return value === undefined || Number.isSafeInteger(value);
}

function isChoice(value: unknown, choices: readonly unknown[]): boolean {
  return value === undefined || choices.includes(value);
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}
