/** Starts a supervisor for a program that runs already, and hears from it whether that worked. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { BelayError, ERROR_CODES } from '../errors.ts';
import { ownFile } from '../own-file.ts';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { readStartTime } from '../registry/process-identity.ts';
import { readTracer } from '../registry/state-entries.ts';
import { listSupervisions } from './find-targets.ts';
import { formatRunOptions } from '../options/run-options.ts';
import type { RunOptions } from '../options/run-options.ts';

/**
 * On SIGUSR1 Node lets anybody on this machine debug it: our processes are to do no such thing. The
 * others are for its memory: see bin/belay, which has the same.
 */
const NODE_FLAGS = ['--disable-sigusr1', '--expose-gc', '--max-semi-space-size=1'];
/** Set for Node by bin/belay. */
const CACHE_VARIABLE = 'NODE_COMPILE_CACHE';
/** Settings of Node and of what is built into it. */
const SETTING = /^(NODE|OPENSSL|UV)_/;

/** Chosen: stopping and preparing a thousand threads of a program in uninterruptible waits. */
const ATTACH_TIMEOUT_MS = 30_000;
const ANSWER_MAX_BYTES = 64 * 1024;

const count = z.int().check(z.nonnegative());
const attachedSchema = z.object({
  ok: z.literal(true),
  /** Children that ran already and are supervised as well. */
  children: count,
  left: z.array(z.object({ pid: count, comm: z.string(), why: z.string() })),
  /** How many more were left alone. */
  unnamedCount: count,
});
const answerSchema = z.union([
  attachedSchema,
  z.object({
    ok: z.literal(false),
    code: z.string(),
    message: z.string(),
    hint: z.optional(z.string()),
  }),
]);

export type Attached = z.infer<typeof attachedSchema> & { readonly supervisorPid: number };

/**
 * Puts a running process under supervision. The supervisor outlives this process.
 *
 * @returns the supervisor's pid and what became of the children, once the process is supervised
 * @throws BelayError ESRCH, EPERM, EALREADYTRACED, EUNSUPPORTED, ETIMEOUT
 */
export async function startSupervisor(pid: number, options: RunOptions): Promise<Attached> {
  if (readStartTime(pid) === undefined) {
    throw new BelayError('ESRCH', `cannot attach to process ${pid}: there is no such process`);
  }
  assertNotOurs(pid);
  const words = [
    fileURLToPath(ownFile('launch/main')),
    'attach',
    ...formatRunOptions(options),
    String(pid),
  ];
  const child = spawn(process.execPath, [...NODE_FLAGS, ...words], {
    detached: true,
    env: ownEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = await firstLine(child, pid);
    return { ...parseAnswer(line, pid), supervisorPid: child.pid ?? 0 };
  } finally {
    child.stdout.destroy();
    child.unref();
  }
}

/** @throws BelayError EALREADYTRACED: belay has it */
function assertNotOurs(pid: number): void {
  const tracer = readTracer(pid);
  if (tracer === undefined) return;
  const isOurs = listSupervisions().some(
    ({ isLive, file }) => isLive && file.supervisorPid === tracer,
  );
  if (!isOurs) return;
  const message = `cannot attach to process ${pid}: it is under belay already, by ${tracer}`;
  throw new BelayError('EALREADYTRACED', message, { hint: `see 'belay show ${pid}'` });
}

/** Ours but for Node's settings: code to load, a debugger to open, a channel to another process. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  const { BELAY_COVERAGE_DIR } = process.env;
  return {
    ...Object.fromEntries(
      entries.filter(([name]) => name === CACHE_VARIABLE || !SETTING.test(name)),
    ),
    // Named even where it is not to be set: Node adds its own to an environment without it.
    NODE_V8_COVERAGE: BELAY_COVERAGE_DIR,
  };
}

function firstLine(child: ChildProcess, pid: number): Promise<string> {
  const splitter = new LineSplitter(ANSWER_MAX_BYTES);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill();
      reject(new BelayError('ETIMEOUT', `cannot attach to process ${pid}: no answer in time`));
    }, ATTACH_TIMEOUT_MS);
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      const message = `cannot attach to process ${pid}: ${why}`;
      reject(new BelayError('EINTERNAL', message, { cause }));
    };
    child.once('error', (cause) => {
      fail('the supervisor cannot be started', cause);
    });
    child.stdout?.once('end', () => {
      fail('the supervisor ended without an answer');
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      const [line] = splitter.push(chunk);
      if (line === undefined) return;
      clearTimeout(timer);
      resolve(line);
    });
  });
}

function parseAnswer(line: string, pid: number): z.infer<typeof attachedSchema> {
  const answer = answerSchema.safeParse(parseJson(line));
  if (!answer.success) {
    const message = `cannot attach to process ${pid}: the supervisor's answer is not as expected`;
    throw new BelayError('EPROTOCOL', message);
  }
  if (answer.data.ok) return answer.data;
  const { code, message, hint } = answer.data;
  const known = ERROR_CODES.find((each) => each === code) ?? 'EINTERNAL';
  throw new BelayError(known, message, hint === undefined ? {} : { hint });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
