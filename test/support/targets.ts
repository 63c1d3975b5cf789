/**
 * The target programs of test/targets: what their first lines say, and how to compile them.
 *
 * A first line such as `belay: --retries 1; signal SIGSEGV; argument 1 16` names, between
 * semicolons, options of `belay run`, the expected end, arguments to run it with in turn, and what
 * the log must say of a fall that was not caught (`log its main thread has ended`).
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { INCLUDE, ROOT, TARGETS } from './paths.ts';
import { runProcess } from './run-process.ts';

export interface Target {
  readonly topic: string;
  readonly name: string;
  readonly source: string;
  readonly options: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
  /** What `belay log` must say; undefined: anything. */
  readonly log: string | undefined;
  /** One list of arguments for each run. */
  readonly runs: readonly (readonly string[])[];
}

const COMPILED = path.join(ROOT, 'build/targets');
const FLAGS = ['-O1', '-g', '-Wall', '-Wextra', '-Werror', '-pthread', '-I', INCLUDE];
const COMPILERS = new Map([
  ['.c', ['cc', '-std=gnu11']],
  ['.cpp', ['c++', '-std=gnu++17']],
]);

/** Every target of one topic: the programs in test/targets/TOPIC. */
export function readTargets(topic: string): Target[] {
  const names = readdirSync(path.join(TARGETS, topic)).filter((name) =>
    COMPILERS.has(path.extname(name)),
  );
  assert(names.length > 0, `no targets in ${topic}`);
  return names.sort().map((name) => readTarget(topic, name));
}

/** One target, such as `calls`, `keep.c`. */
export function readTarget(topic: string, name: string): Target {
  const source = path.join(TARGETS, topic, name);
  const firstLine = readFileSync(source, 'utf8').split('\n', 1)[0] ?? '';
  return { topic, name, source, ...parseFirstLine(firstLine) };
}

type Directive = Pick<Target, 'options' | 'code' | 'signal' | 'log' | 'runs'>;

function parseFirstLine(line: string): Directive {
  const options: string[] = [];
  const runs: string[][] = [];
  let code: number | null = 0;
  let signal: string | null = null;
  let log: string | undefined;
  const directive = /^\/\* belay: (.*) \*\/$/.exec(line)?.[1] ?? '';
  for (const part of directive.split(';')) {
    const [first = '', ...rest] = part.trim().split(/\s+/);
    if (first === 'exit') code = Number(rest[0]);
    else if (first === 'signal') [code, signal] = [null, rest[0] ?? null];
    else if (first === 'log') log = rest.join(' ');
    else if (first === 'argument') runs.push(...rest.map((argument) => [argument]));
    else if (first !== '') options.push(first, ...rest);
  }
  return { options, code, signal, log, runs: runs.length > 0 ? runs : [[]] };
}

function timeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** When the newest of the files that a target may include was changed. */
function newestHeaderTime(topic: string): number {
  const directories = [INCLUDE, TARGETS, path.join(TARGETS, topic)];
  const headers = directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.h'))
      .map((name) => path.join(directory, name)),
  );
  return Math.max(...headers.map(timeOf));
}

/** Compiles a target unless a program newer than its sources is there; returns its path. */
export async function compileTarget(target: Target): Promise<string> {
  const extension = path.extname(target.name);
  const program = path.join(COMPILED, target.topic, path.basename(target.name, extension));
  const newest = Math.max(timeOf(target.source), newestHeaderTime(target.topic));
  if (timeOf(program) > newest) return program;
  mkdirSync(path.dirname(program), { recursive: true });
  const [compiler = 'cc', ...standard] = COMPILERS.get(extension) ?? [];
  const draft = `${program}.${process.pid}`;
  const result = await runProcess([compiler, ...standard, ...FLAGS, '-o', draft, target.source]);
  assert.equal(result.code, 0, `cannot compile ${target.name}:\n${result.stderr}`);
  renameSync(draft, program);
  return program;
}
