/**
 * Makes the directory by which a supervisor is found, and clears away those of programs long ended.
 *
 * A directory stays when its program has ended, so that `belay log` can still tell why.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { BelayError } from '../errors.ts';
import { isAlive } from './process-identity.ts';
import { PHASE_IDLE, encodeRollbackState } from './rollback-state.ts';
import {
  LOG_FILE,
  STATE_FILE,
  SUPERVISOR_FILE,
  assertPrivateDirectory,
  listStateDirectories,
  ownBaseDirectory,
  readSupervisorFile,
} from './state-files.ts';
import type { BaseDirectory, SupervisorFile } from './state-files.ts';

/** Chosen: enough to look back on an evening's work. */
const ENDED_KEPT_COUNT = 32;

/**
 * Makes and fills the state directory of one program; an earlier one of the same process is reused,
 * and its log goes on.
 *
 * @returns the directory's path
 * @throws BelayError EPERM when the base or the directory cannot be made or trusted
 */
export function createStateDirectory(
  file: SupervisorFile,
  base: BaseDirectory = ownBaseDirectory(),
): string {
  makePrivateDirectory(base.path, base.uid);
  const directory = join(base.path, `${file.pid}-${file.startTime}`);
  makePrivateDirectory(directory, base.uid);
  const idle = { phase: PHASE_IDLE, pid: file.pid, cd: 0, timeMs: 0 };
  try {
    writeFileSync(join(directory, STATE_FILE), encodeRollbackState(idle), { mode: 0o600 });
    writeSupervisorFile(directory, file);
  } catch (cause) {
    throw refusal('write in', directory, cause);
  }
  return directory;
}

/**
 * Makes a state directory again that somebody has removed, so that its program's log is found.
 *
 * @throws BelayError EPERM as createStateDirectory
 */
export function remakeStateDirectory(directory: string, file: SupervisorFile): void {
  for (const path of [dirname(directory), directory]) makePrivateDirectory(path, file.uid);
  writeSupervisorFile(directory, file);
}

/**
 * Makes and fills a state directory as createStateDirectory would, and removes it.
 *
 * @throws BelayError EPERM as that would
 */
export function tryStateDirectory(base: BaseDirectory = ownBaseDirectory()): void {
  const isNew = !existsSync(base.path);
  makePrivateDirectory(base.path, base.uid);
  try {
    const directory = mkdtempSync(join(base.path, 'try-'));
    try {
      writeFileSync(join(directory, STATE_FILE), Buffer.alloc(TRIED_BYTES));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  } catch (cause) {
    throw refusal('write in', base.path, cause);
  } finally {
    if (isNew) rmSync(base.path, { recursive: true, force: true });
  }
}

/** Chosen: what a log with a few falls takes. */
const TRIED_BYTES = 16_384;

/** Writes `supervisor.json` in one step, so that nobody reads half of it. */
export function writeSupervisorFile(directory: string, file: SupervisorFile): void {
  const path = join(directory, SUPERVISOR_FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(file)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Removes that of a program that has not begun, and so has no log: there is nothing to tell. */
export function removeUnbegun(directory: string): void {
  if (existsSync(join(directory, LOG_FILE))) return;
  rmSync(directory, { recursive: true, force: true });
}

/** Removes the directories of ended programs but for the newest `keep`. */
export function pruneStateDirectories(
  base: BaseDirectory = ownBaseDirectory(),
  keep = ENDED_KEPT_COUNT,
): void {
  const ended = listStateDirectories(base).filter((directory) => !isInUse(directory));
  const newestFirst = ended
    .map((directory) => ({ directory, time: lastChangedMs(directory) }))
    .sort((left, right) => right.time - left.time);
  for (const { directory } of newestFirst.slice(keep)) {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A directory without a readable file counts as in use while it is young: it is being made. */
function isInUse(directory: string): boolean {
  const file = readSupervisorFile(directory);
  if (file === undefined) return Date.now() - lastChangedMs(directory) < BEING_MADE_MS;
  return isAlive(file.supervisorPid, file.supervisorStartTime);
}

/** Chosen: making one takes a millisecond. */
const BEING_MADE_MS = 10_000;

function lastChangedMs(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function makePrivateDirectory(path: string, uid: number): void {
  try {
    mkdirSync(path, { recursive: false, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (cause) {
    if (!isExists(cause)) throw refusal('make', path, cause);
  }
  assertPrivateDirectory(path, uid);
}

function refusal(what: 'make' | 'write in', path: string, cause: unknown): BelayError {
  const { errno } = cause as NodeJS.ErrnoException;
  const why = errno === undefined ? String(cause) : getSystemErrorMessage(errno);
  const place = what === 'make' ? dirname(path) : path;
  return new BelayError('EPERM', `cannot ${what} the directory ${path}: ${why}`, {
    cause,
    hint: `make ${place} writable, or set BELAY_DIR to a directory of your own`,
  });
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
