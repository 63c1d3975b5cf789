/** Compiles the bench's C programs, runs them, alone or under belay, and looks at supervisors. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { runUnderBelay } from '../test/support/belay.ts';
import { BIN_BELAY, INCLUDE, ROOT } from '../test/support/paths.ts';
import { runProcess } from '../test/support/run-process.ts';
import type { ProcessResult } from '../test/support/run-process.ts';

export const PROGRAMS = path.join(ROOT, 'bench/programs');
const COMPILED = path.join(ROOT, 'build/bench');
const FLAGS = ['-O1', '-g', '-Wall', '-Wextra', '-Werror', '-pthread', '-I', INCLUDE];

/** Enough for any number of falls on one point. */
export const NEVER_GIVE_UP = ['--retries', '1000000'];

/** Enough for the slowest, the first point of 8 GB among it. */
const TIMEOUT_MS = 300_000;

/** What this machine has not enough of: said below the table, and no failure. */
export class Unmeasurable extends Error {}

type Words = readonly (string | number)[];

/** Compiles `bench/programs/NAME.c` unless that is done; returns the program's path. */
export async function compileProgram(name: string): Promise<string> {
  const source = path.join(PROGRAMS, `${name}.c`);
  const program = path.join(COMPILED, name);
  const own = readdirSync(PROGRAMS).filter((file) => file.endsWith('.h'));
  const headers = [...own.map((file) => path.join(PROGRAMS, file)), path.join(INCLUDE, 'belay.h')];
  const newest = Math.max(...[source, ...headers].map(timeOf));
  if (timeOf(program) > newest) return program;
  mkdirSync(COMPILED, { recursive: true });
  const result = await runProcess(['cc', ...FLAGS, '-o', program, source]);
  if (result.code !== 0) throw new Error(`cannot compile ${name}.c: ${result.stderr}`);
  return program;
}

function timeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The samples, in nanoseconds, that a program prints when run alone. */
export async function sampleAlone(name: string, ...args: Words): Promise<number[]> {
  const command = [await compileProgram(name), ...args.map(String)] as const;
  return parseSamples(name, await runProcess([...command], { timeoutMs: TIMEOUT_MS }));
}

/** The same under belay. */
export async function sampleSupervised(name: string, ...args: Words): Promise<number[]> {
  const command = [await compileProgram(name), ...args.map(String)];
  const options = { options: NEVER_GIVE_UP, timeoutMs: TIMEOUT_MS };
  return parseSamples(name, await runUnderBelay(command, options));
}

/** The same with program and supervisor on one processor. */
export async function sampleBound(processor: number, name: string, ...args: Words) {
  const command = [await compileProgram(name), ...args.map(String)];
  const belay = [BIN_BELAY, 'run', ...NEVER_GIVE_UP, '--', ...command] as const;
  return parseSamples(name, await runProcess(['taskset', '-c', String(processor), ...belay]));
}

function parseSamples(name: string, result: ProcessResult): number[] {
  const samples = result.stdout.trim().split('\n').map(Number);
  if (result.code === 0 && result.stdout !== '') return samples;
  const end = result.timedOut ? 'took too long' : `ended with ${result.signal ?? result.code}`;
  throw new Error(`cannot measure with ${name}: it ${end}: ${result.stderr.trim()}`);
}

/** Of what `belay ps --json` says. */
export interface Status {
  readonly pid: number;
  readonly supervisorPid: number;
  readonly savedBytes: number;
}

/** What belay says of the supervised process `pid`. */
export async function readStatus(pid: number): Promise<Status> {
  const { stdout } = await runProcess([BIN_BELAY, 'ps', '--json']);
  const status = (JSON.parse(stdout) as Status[]).find((each) => each.pid === pid);
  if (status === undefined) throw new Error(`belay ps does not show process ${pid}`);
  return status;
}
