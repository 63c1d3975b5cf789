/** Finds supervised programs: the live ones, the ended ones, and the one a user means. */
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { BelayError } from '../errors.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, readStartTime } from '../registry/process-identity.ts';
import { programStatusSchema } from '../protocol/records.ts';
import type { ProgramStatus } from '../protocol/records.ts';
import { findFileFault } from '../registry/small-file.ts';
import {
  isTracedBy,
  readStateEntries,
  readStateEntry,
  readTracer,
} from '../registry/state-entries.ts';
import type { Ignore, StateEntry } from '../registry/state-entries.ts';
import { readBaseDirectories } from '../registry/all-bases.ts';
import { LOG_FILE, OLD_LOG_FILE } from '../registry/state-files.ts';
import type { SupervisorFile, Surroundings } from '../registry/state-files.ts';
import { Connection } from './connection.ts';
import { findEnded } from './find-ended.ts';
import { inWordsOf } from './words.ts';

/** A state directory and what its file says. */
export type Supervision = StateEntry;

/** A supervised process and where to ask about it. */
export interface FoundProgram {
  readonly directory: string;
  /** The user whose supervisor it is. */
  readonly owner: number;
  readonly status: ProgramStatus;
}

/** A process that a user means, by pid or by name. */
export interface Target {
  readonly supervision: Supervision;
  readonly pid: number;
}

/** Chosen: for the supervisors of one user together; others wait for nobody else's. */
const LISTING_MAX_MS = 5000;
/** Chosen: each may send an answer of 16 MB. */
const ASKED_AT_A_TIME = 4;
/** Chosen: what is just beginning or ending is something else by then. */
const SETTLE_MS = 250;

const ignoreQuietly: Ignore = () => undefined;

export const statusResultSchema = z.array(programStatusSchema);

/** Every state directory that this user may see and that can be true, newest first. */
export function listSupervisions(
  surroundings?: Surroundings,
  ignore: Ignore = ignoreQuietly,
): Supervision[] {
  return readBaseDirectories(surroundings, ignore)
    .flatMap((base) => readStateEntries(base, ignore))
    .sort((left, right) => right.file.startedAt - left.file.startedAt);
}

/** As listSupervisions; what is ignored is told when it is still the same a moment later. */
async function readSupervisions(ignore: Ignore): Promise<Supervision[]> {
  const doubtful: { path: string; owner: number }[] = [];
  const found = listSupervisions(undefined, (path, why, owner) => {
    if (owner === undefined) ignore(path, why);
    else doubtful.push({ path, owner });
  });
  if (doubtful.length === 0 || ignore === ignoreQuietly) return found;
  await sleep(SETTLE_MS);
  for (const { path, owner } of doubtful) {
    const entry = readStateEntry(path, owner);
    if (typeof entry === 'string') ignore(path, entry);
  }
  return found;
}

/**
 * Asks every live supervisor for the processes it has, sorted by pid.
 *
 * A supervisor that ends while it is asked is left out; one that does not answer is shown by what
 * its file says, with a warning; one that is not what it says is ignored.
 */
export async function readPrograms(ignore: Ignore = ignoreQuietly): Promise<FoundProgram[]> {
  return ask(await readSupervisions(ignore), ignore);
}

/** Users do not wait for one another's supervisors, and none longer than LISTING_MAX_MS. */
async function ask(supervisions: readonly Supervision[], ignore: Ignore): Promise<FoundProgram[]> {
  const live = supervisions.filter(({ isLive }) => isLive);
  const until = performance.now() + LISTING_MAX_MS;
  const byOwner = Object.values(Object.groupBy(live, ({ owner }) => owner));
  const found: FoundProgram[] = [];
  const askInTurn = async (left: Supervision[]): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      found.push(...(await readProgramsOf(next, until, ignore)));
    }
  };
  const turns = byOwner.flatMap((own) =>
    Array.from({ length: ASKED_AT_A_TIME }, () => askInTurn(own ?? [])),
  );
  await Promise.all(turns);
  return found.sort((left, right) => left.status.pid - right.status.pid);
}

async function readProgramsOf(
  supervision: Supervision,
  until: number,
  ignore: Ignore,
): Promise<FoundProgram[]> {
  const { directory, owner, file } = supervision;
  try {
    const statuses = await readStatuses(directory, until);
    const isOwn = await Promise.all(
      statuses.map(({ pid }) => isOwnProcess(pid, supervision, ignore)),
    );
    const own = statuses.filter((_, index) => isOwn[index]);
    return own.map((status) => ({
      directory,
      owner,
      status: {
        ...status,
        supervisorPid: file.supervisorPid,
        warnings: status.warnings.map((warning) => inWordsOf(owner, warning)),
      },
    }));
  } catch (error) {
    if (!(error instanceof BelayError)) throw error;
    if (await hasEnded(file)) return [];
    if (isTracedBy(file.pid, file.supervisorPid) && error.code !== 'EPERM') {
      return [{ directory, owner, status: guessStatus(file, error.message) }];
    }
    ignore(directory, error.message);
    return [];
  }
}

/**
 * A supervisor tells of processes that it traces. They may have ended since it told, or be about
 * to: who has begun to end is traced no more.
 */
async function isOwnProcess(
  pid: number,
  { directory, file }: Supervision,
  ignore: Ignore,
): Promise<boolean> {
  const startTime = readStartTime(pid);
  if (isTracedBy(pid, file.supervisorPid)) return true;
  if (startTime === undefined) return false;
  await sleep(SETTLE_MS);
  if (isTracedBy(pid, file.supervisorPid)) return true;
  if (isAlive(pid, startTime) && isAlive(file.supervisorPid, file.supervisorStartTime)) {
    ignore(directory, `it tells of process ${pid}, which it does not trace`);
  }
  return false;
}

async function hasEnded({ supervisorPid, supervisorStartTime }: SupervisorFile): Promise<boolean> {
  if (!isAlive(supervisorPid, supervisorStartTime)) return true;
  await sleep(SETTLE_MS);
  return !isAlive(supervisorPid, supervisorStartTime);
}

async function readStatuses(directory: string, until: number): Promise<ProgramStatus[]> {
  const connection = await Connection.open(directory, {}, until);
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
export async function findProgram(
  text: string,
  ignore: Ignore = ignoreQuietly,
): Promise<FoundProgram> {
  const supervisions = await readSupervisions(ignore);
  const pid = parsePid(text);
  if (pid !== undefined) return findProcess(pid, supervisions, ignore);
  const programs = await ask(supervisions, ignore);
  const matching = programs.filter(({ status }) => isCalled(status, text));
  const [first, second] = matching;
  if (first === undefined) throw notSupervised(text);
  if (second !== undefined) throw ambiguous(text, matching);
  return first;
}

/** Whoever traces it is asked, and nobody else. */
async function findProcess(
  pid: number,
  supervisions: readonly Supervision[],
  ignore: Ignore,
): Promise<FoundProgram> {
  const tracer = readTracer(pid);
  const own = supervisions.filter(({ file }) => file.supervisorPid === tracer);
  const found = (await ask(own, ignore)).find(({ status }) => status.pid === pid);
  if (found !== undefined) return found;
  throw notSupervised(String(pid));
}

/**
 * The state directory whose log tells of `text`, ended programs included: a live one if there is
 * one, else the newest. Those whose process is seen to be traced come first, then root's own.
 *
 * @throws BelayError ENOTSUPERVISED when nothing is known of it, EAMBIGUOUS when several fit
 */
export async function findLogged(text: string, ignore: Ignore = ignoreQuietly): Promise<Target> {
  const supervisions = await readSupervisions(ignore);
  const pid = parsePid(text);
  const matching = supervisions.filter(({ file }) =>
    pid === undefined ? commandName(file.command) === text : file.pid === pid,
  );
  const traced = matching.filter(
    ({ isLive, file }) => isLive && isTracedBy(file.pid, file.supervisorPid),
  );
  const own = matching.filter(({ owner }) => owner === process.geteuid?.());
  const candidates = traced.length > 0 ? traced : own.length > 0 ? own : matching;
  const live = candidates.filter(({ isLive }) => isLive);
  const [chosen] = live.length > 0 ? live : candidates;
  if (chosen !== undefined && live.length <= 1) return logged(chosen, ignore);
  const found =
    (await findLive(supervisions, text, ignore)) ??
    findEnded(supervisions, parsePid(text) ?? text, ignore);
  if (found === undefined) throw notSupervised(text);
  return { ...logged(found.supervision, ignore), pid: found.pid };
}

/** As findProgram; undefined: there is none. */
async function findLive(
  supervisions: readonly Supervision[],
  text: string,
  ignore: Ignore,
): Promise<Target | undefined> {
  try {
    const { directory, status } = await findProgram(text, ignore);
    const supervision = supervisions.find((each) => each.directory === directory);
    return supervision && { supervision, pid: status.pid };
  } catch (error) {
    if (error instanceof BelayError && error.code === 'ENOTSUPERVISED') return undefined;
    throw error;
  }
}

function logged(supervision: Supervision, ignore: Ignore): Target {
  for (const name of [OLD_LOG_FILE, LOG_FILE]) {
    const fault = findFileFault(join(supervision.directory, name));
    if (fault !== undefined) ignore(supervision.directory, fault);
  }
  return { supervision, pid: supervision.file.pid };
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
