/** Compiles and starts the demo's server, with or without belay. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const BELAY = path.join(ROOT, 'bin/belay');
const PROGRAM = path.join(ROOT, 'build/examples/server');

/** A running copy of the server. */
export interface Server {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

/**
 * Compiles server.c without the compiler's own guards, as such servers were when these bugs were
 * common. With them the same requests end in SIGABRT, which is a fall like any other.
 */
export function compileServer(): string {
  mkdirSync(path.dirname(PROGRAM), { recursive: true });
  const source = path.join(ROOT, 'examples/server.c');
  const flags = [
    '-g',
    '-fno-stack-protector',
    '-U_FORTIFY_SOURCE',
    '-I',
    path.join(ROOT, 'include'),
  ];
  const command = [...flags, '-o', PROGRAM, source];
  const { status } = spawnSync('cc', command, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('cannot compile examples/server.c: is there a C compiler?');
  return PROGRAM;
}

/** Starts the server and waits for the port it listens on. */
export async function startServer(command: readonly string[]): Promise<Server> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const { stdout, pid } = child;
  const lines = createInterface(stdout);
  const ended = once(lines, 'close').then(() => ['']);
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  const port = /:(\d+)$/.exec(line)?.[1];
  assert(pid !== undefined && port !== undefined, 'the server did not start');
  return { child, pid, port: Number(port) };
}

/** How a server ended: waits for that. */
export async function awaitEnd({ child }: Server): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? `exit status ${child.exitCode}`;
}

export function hasEnded({ child }: Server): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
