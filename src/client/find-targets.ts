/** Finds supervised programs: the live ones, the ended ones, and the one a user means. */
import { basename } from 'node:path';
import * as z from 'zod/mini';
import { BelayError } from '../errors.ts';
import { isAlive } from '../registry/process-identity.ts';
import { programStatusSchema } from '../protocol/records.ts';
import type { ProgramStatus } from '../protocol/records.ts';
import {
  listStateDirectories,
  readBaseDirectories,
  readSupervisorFile,
} from '../registry/state-files.ts';
import type { SupervisorFile, Surroundings } from '../registry/state-files.ts';
import { Connection } from './connection.ts';

/** A state directory and what its file says. */
export interface Supervision {
  readonly directory: string;
  readonly file: SupervisorFile;
  readonly isLive: boolean;
}

/** A supervised process and where to ask about it. */
export interface FoundProgram {
  readonly directory: string;
  readonly status: ProgramStatus;
}

/** A process that a user means, by pid or by name. */
export interface Target {
  readonly supervision: Supervision;
  readonly pid: number;
}

export const statusResultSchema = z.array(programStatusSchema);

/** Every state directory that this user may see, newest first. */
export function listSupervisions(surroundings?: Surroundings): Supervision[] {
  return readBaseDirectories(surroundings)
    .flatMap(listStateDirectories)
    .map(readSupervision)
    .filter((supervision) => supervision !== undefined)
    .sort((left, right) => right.file.startedAt - left.file.startedAt);
}

function readSupervision(directory: string): Supervision | undefined {
  const file = readSupervisorFile(directory);
  if (file === undefined || basename(directory) !== `${file.pid}-${file.startTime}`) {
    return undefined;
  }
  return { directory, file, isLive: isAlive(file.supervisorPid, file.supervisorStartTime) };
}

/**
 * Asks every live supervisor for the processes it has, sorted by pid.
 *
 * A supervisor that ends while it is asked is left out; one that does not answer is shown by what
 * its file says, with a warning.
 */
export async function readPrograms(surroundings?: Surroundings): Promise<FoundProgram[]> {
  const live = listSupervisions(surroundings).filter(({ isLive }) => isLive);
  const found = await Promise.all(live.map(readProgramsOf));
  return found.flat().sort((left, right) => left.status.pid - right.status.pid);
}

async function readProgramsOf(supervision: Supervision): Promise<FoundProgram[]> {
  const { directory } = supervision;
  try {
    const statuses = await readStatuses(directory);
    return statuses.map((status) => ({ directory, status }));
  } catch (error) {
    if (!(error instanceof BelayError)) throw error;
    if (error.code === 'ENOTSUPERVISED' || error.code === 'ECONNLOST') return [];
    return [{ directory, status: guessStatus(supervision.file, error.message) }];
  }
}

async function readStatuses(directory: string): Promise<ProgramStatus[]> {
  const connection = await Connection.open(directory);
  try {
    return await connection.request('status', {}, statusResultSchema);
  } finally {
    connection.close();
  }
}

function guessStatus(file: SupervisorFile, warning: string): ProgramStatus {
  const { pid, supervisorPid } = file;
  return {
    pid,
    ppid: 0,
    command: [...file.command],
    threads: 0,
    points: 0,
    falls: 0,
    uptimeMs: Math.max(0, Date.now() - file.startedAt),
    savedBytes: 0,
    supervisorPid,
    options: { ...file.options, on: [...file.options.on] },
    warnings: [warning],
  };
}

/**
 * The live supervised process that `text` means: its pid, or its command's name if no other has it.
 *
 * @throws BelayError ENOTSUPERVISED when there is none, EAMBIGUOUS when there are several
 */
export async function findProgram(text: string): Promise<FoundProgram> {
  const programs = await readPrograms();
  const pid = parsePid(text);
  const matching = programs.filter(({ status }) =>
    pid === undefined ? isCalled(status, text) : status.pid === pid,
  );
  const [first, second] = matching;
  if (first === undefined) throw notSupervised(text);
  if (second !== undefined) throw ambiguous(text, matching);
  return first;
}

/**
 * The state directory whose log tells of `text`, ended programs included: a live one if there is
 * one, else the newest.
 *
 * @throws BelayError ENOTSUPERVISED when nothing is known of it, EAMBIGUOUS when several fit
 */
export async function findLogged(text: string): Promise<Target> {
  const supervisions = listSupervisions();
  const pid = parsePid(text);
  const matching = supervisions.filter(({ file }) =>
    pid === undefined ? commandName(file.command) === text : file.pid === pid,
  );
  const live = matching.filter(({ isLive }) => isLive);
  const chosen = live.length === 1 ? live[0] : undefined;
  if (chosen !== undefined) return { supervision: chosen, pid: chosen.file.pid };
  const newest = matching[0];
  if (live.length === 0 && newest !== undefined) {
    return { supervision: newest, pid: newest.file.pid };
  }
  const program = await findProgram(text);
  const supervision = readSupervision(program.directory);
  if (supervision === undefined) throw notSupervised(text);
  return { supervision, pid: program.status.pid };
}

function isCalled({ command, names }: ProgramStatus, text: string): boolean {
  return commandName(command) === text || names?.includes(text) === true;
}

/** `redis-server` of `/usr/bin/redis-server *:6379`. */
export function commandName(command: readonly string[]): string {
  return basename(command[0] ?? '');
}

function parsePid(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function notSupervised(text: string): BelayError {
  const what = parsePid(text) === undefined ? `a program called '${text}'` : `process ${text}`;
  return new BelayError('ENOTSUPERVISED', `cannot find ${what}: it is not under belay`, {
    hint: "'belay ps' lists what is",
  });
}

function ambiguous(text: string, matching: readonly FoundProgram[]): BelayError {
  const pids = matching.map(({ status }) => status.pid).join(', ');
  const message = `cannot tell which '${text}' is meant: ${matching.length} have that name`;
  return new BelayError('EAMBIGUOUS', message, { hint: `give one of these pids: ${pids}` });
}
