/**
 * Runs one program to its end: collects what it printed, and kills it when it takes too long.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PATIENCE_MS } from './patience.ts';
import { describeStanding } from './standing.ts';

export interface ProcessResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** Of one that took too long, with what it was doing then. */
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** More than this is a program gone wild, and the rest of it is dropped. */
const OUTPUT_LIMIT_CHARS = 1_000_000;

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (text.length < OUTPUT_LIMIT_CHARS) text += chunk;
  });
  return () => text;
}

/**
 * Runs `command` in a process group of its own. The group gets SIGKILL at the time limit, and also
 * at the end, so that nothing the program started outlives the test.
 */
export async function runProcess(
  command: readonly [string, ...string[]],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const readStdout = collect(child.stdout);
  const readStderr = collect(child.stderr);
  const standings: string[] = [];
  const timer = setTimeout(() => {
    standings.push(child.pid === undefined ? '' : describeStanding(child.pid));
    killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }, options.timeoutMs ?? PATIENCE_MS);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
    killGroup(child.pid);
  }
  return {
    code: child.exitCode,
    signal: child.signalCode,
    stdout: readStdout(),
    stderr: readStderr() + standings.join('\n'),
    timedOut: standings.length > 0,
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ESRCH: the group is empty, which is the usual case.
  }
}
