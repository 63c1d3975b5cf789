/** `run`, `attach` and `list`: how a Node program puts others under supervision. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BelayError } from '../errors.ts';
import { packageFile } from '../own-file.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { isTracedBy } from '../registry/state-entries.ts';
import type { ProgramStatus } from '../protocol/records.ts';
import {
  EXIT_BELAY_FAILED,
  formatRunOptions,
  type Children,
  type Peers,
  type SharedOffsets,
} from '../options/run-options.ts';
import { assertOptions } from './assert-options.ts';
import { assertCommand, assertPid } from './read-command.ts';
import { readOptions } from './read-options.ts';
import { listSupervisions, readPrograms } from './find-targets.ts';
import type { Supervision } from './find-targets.ts';
import { startSupervisor } from './start-supervisor.ts';
import { Supervised, isSupervisionEnded } from './supervised.ts';

/** The options of `belay run`; absent ones have its defaults. */
export interface SuperviseOptions {
  /** Names of the signals that start a rollback: `SIGSEGV` and so on. */
  readonly on?: readonly string[];
  readonly retries?: number;
  /** Milliseconds between points that belay makes by itself. */
  readonly every?: number;
  readonly maxPoints?: number;
  /** Bytes of saved memory that may be held for the program and its children. */
  readonly memory?: number;
  readonly verbose?: boolean;
  /** Of standard output and error, and of files that others write to: 'keep' by default. */
  readonly sharedOffsets?: SharedOffsets;
  /** Of connections that were used since the point: 'close' by default. */
  readonly peers?: Peers;
  /** Processes that the program begins: 'leave' them alone; 'keep' by default. */
  readonly children?: Children;
}

export interface AttachOptions extends Omit<SuperviseOptions, 'children'> {
  /** False: leave the children alone that run already; 'leave': those of later, too. */
  readonly children?: Children | boolean;
}

export interface RunProgramOptions extends SuperviseOptions {
  /** As for child_process.spawn; 'inherit' by default. */
  readonly stdio?: StdioOptions;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Chosen: `belay run` takes a quarter of a second on an idle machine. */
const START_TIMEOUT_MS = 20_000;
const START_POLL_MS = 10;

/**
 * Runs a command under supervision, as a child of this process.
 *
 * @throws BelayError ENOTFOUND, ENOTEXECUTABLE, EUSAGE for what makes no sense, EINTERNAL
 * @example
 * await using program = await run('./server', ['--port', '8080'], { retries: 2 });
 * program.on('fall', (fall) => console.log(fall.signal, fall.where?.function));
 */
export async function run(
  command: string,
  args: readonly string[] = [],
  options: RunProgramOptions = {},
): Promise<Supervised> {
  assertOptions(options);
  const { stdio = 'inherit', cwd, env = process.env, ...supervising } = options;
  assertCommand({ command, args, cwd });
  const words = formatRunOptions(readOptions(supervising));
  assertExecutable(command, cwd ?? process.cwd(), env);
  const launcher = fileURLToPath(packageFile('bin/belay'));
  const child = begin(command, () =>
    spawn(launcher, ['run', ...words, '--', command, ...args], {
      stdio,
      env: { ...env },
      ...(cwd === undefined ? {} : { cwd }),
    }),
  );
  const supervision = await awaitSupervision(child, command, env);
  return supervision === undefined
    ? Supervised.ofEnded(child)
    : Supervised.connect(supervision, child);
}

/**
 * Puts a running process under supervision; one that belay has already is only connected to.
 *
 * @throws BelayError EUSAGE, ESRCH, EPERM, EALREADYTRACED (by a debugger, say), EUNSUPPORTED
 */
export async function attach(pid: number, options: AttachOptions = {}): Promise<Supervised> {
  assertPid(pid);
  assertOptions(options);
  const complete = readOptions(options);
  if (pid === process.pid) {
    throw new BelayError('EUSAGE', `cannot attach to process ${pid}: it is the one that asks`, {
      hint: 'its supervisor would have all that it starts: use belay attach in another process',
    });
  }
  const connected = await connectToLive(pid);
  if (connected !== undefined) return connected;
  await startSupervisor(pid, complete);
  const supervised = await connectToLive(pid);
  if (supervised !== undefined) return supervised;
  throw new BelayError('ESRCH', `cannot attach to process ${pid}: it has ended`);
}

/** Undefined when nobody supervises the process, or whoever does is just letting go of it. */
async function connectToLive(pid: number): Promise<Supervised | undefined> {
  const supervision = readStartTime(pid) === undefined ? undefined : findSupervision(pid);
  if (supervision === undefined) return undefined;
  try {
    return await Supervised.connect(supervision);
  } catch (error) {
    if (isSupervisionEnded(error)) return undefined;
    throw error;
  }
}

/** Every supervised process that this user may see, sorted by pid. */
export async function list(): Promise<ProgramStatus[]> {
  const programs = await readPrograms();
  return programs.map(({ status }) => status);
}

/** Node's own checks of what the environment and `stdio` are. */
function begin(command: string, start: () => ChildProcess): ChildProcess {
  try {
    return start();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BelayError('EUSAGE', `cannot run ${command}: ${why}`, {
      cause,
      hint: 'see docs/api.md',
    });
  }
}

/** Before anything is started, so that a missing command has an error and not an exit status. */
function assertExecutable(command: string, cwd: string, env: Environment): void {
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : (env.PATH ?? '/usr/bin:/bin')
        .split(delimiter)
        .map((folder) => join(isAbsolute(folder) ? folder : resolve(cwd, folder), command));
  const files = candidates.filter(isFile);
  if (files.length === 0) {
    throw new BelayError('ENOTFOUND', `cannot run ${command}: no such command`, {
      hint: command.includes('/') ? 'is the path right?' : 'it is in no directory of PATH',
    });
  }
  if (files.some(isExecutable)) return;
  throw new BelayError('ENOTEXECUTABLE', `cannot run ${command}: it is not executable`, {
    hint: 'see its permissions and its format',
  });
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Undefined when the program has run and ended before its supervisor could be looked up. */
async function awaitSupervision(
  child: ChildProcess,
  command: string,
  env: Environment,
): Promise<Supervision | undefined> {
  let spawnError: unknown;
  child.once('error', (error) => {
    spawnError = error;
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const found = child.pid === undefined ? undefined : findSupervision(child.pid, env);
    if (found !== undefined) return found;
    if (spawnError !== undefined) throw startError(command, 'it cannot be started', spawnError);
    if (child.exitCode === EXIT_BELAY_FAILED) throw startError(command, 'belay failed');
    if (child.exitCode !== null || child.signalCode !== null) return undefined;
    await sleep(START_POLL_MS);
  }
  child.kill('SIGKILL');
  throw new BelayError('ETIMEOUT', `cannot run ${command}: no supervisor came up in time`);
}

function startError(command: string, why: string, cause?: unknown): BelayError {
  const hint = "'belay doctor' tells what this machine lacks";
  return new BelayError('EINTERNAL', `cannot run ${command}: ${why}`, { cause, hint });
}

function findSupervision(pid: number, env: Environment = process.env): Supervision | undefined {
  const uid = process.geteuid?.() ?? 0;
  const startTime = readStartTime(pid);
  return listSupervisions({ uid, env }).find(({ directory, file, isLive }) => {
    const isSame = startTime === undefined || basename(directory) === `${pid}-${startTime}`;
    return isLive && file.pid === pid && isSame && isTracedBy(pid, file.supervisorPid);
  });
}
