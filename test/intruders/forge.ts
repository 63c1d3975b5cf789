/** State directories that somebody made up, and supervisors that answer as they like. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { readStartTime } from '../../src/registry/process-identity.ts';
import type { SupervisorFile } from '../../src/registry/state-files.ts';
import { ownSupervisorFile, startTarget } from '../people/worker-harness.ts';
import { usePlace } from '../real/place.ts';
import { start } from '../real/started.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';

usePlace();
export const ownBase = process.env.BELAY_DIR ?? '';
export const isRoot = process.geteuid?.() === 0;
/** Nobody's: root sees what is in the directory of this user below /tmp. */
export const STRANGER = 50_000 + (process.pid % 10_000);
export const strangersBase = `/tmp/belay-${STRANGER}`;
const servers: Server[] = [];
const pids: number[] = [];

after(() => {
  for (const server of servers) server.close();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  if (isRoot) rmSync(strangersBase, { recursive: true, force: true });
});

/** Sleeps, and is traced by this process. */
export function tracedPid(): number {
  const pid = startTarget();
  pids.push(pid);
  return pid;
}

/** Sleeps, and is traced by nobody; `words` come before its command. */
export function untracedPid(...words: string[]): number {
  return start([...words, 'sleep', '600']).pid;
}

/** An entry of a process that says it is supervised by this one, but for `overrides`. */
export function forge(base: string, pid: number, overrides: Partial<SupervisorFile> = {}): string {
  const startTime = readStartTime(pid) ?? 7;
  const file = ownSupervisorFile({ pid, startTime, command: ['./forged'], ...overrides });
  const directory = path.join(base, `${pid}-${startTime}`);
  mkdirSync(directory, { mode: 0o700 });
  writeFileSync(path.join(directory, 'supervisor.json'), JSON.stringify(file), { mode: 0o600 });
  return directory;
}

export async function serve(directory: string, answer: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    answer(socket);
  });
  servers.push(server.unref());
  await new Promise<void>((resolve) => {
    server.listen(path.join(directory, 'socket'), resolve);
  });
}

export const HELLO = '{"belay":1,"version":"0.1.0","pid":1}\n';

/** Greets, and answers the first request with `result`. */
export function answering(result: unknown): (socket: Socket) => void {
  return (socket) => {
    socket.write(HELLO);
    socket.once('data', () => socket.write(`${JSON.stringify({ id: 1, result })}\n`));
  };
}

/** Answers every request with what its method has. */
export function answeringAll(results: Readonly<Record<string, unknown>>): (socket: Socket) => void {
  return (socket) => {
    socket.write(HELLO);
    createInterface({ input: socket }).on('line', (line) => {
      const { id, method } = JSON.parse(line) as { id: number; method: string };
      socket.write(`${JSON.stringify({ id, result: results[method] })}\n`);
    });
  };
}

export const POINT = {
  ...{ cd: 1, origin: 'program', time: 1, tid: 1, threads: 1, pages: 1, bytes: 1 },
  ...{ rollbacks: 0, falls: 0, pauseUs: 1 },
};

export function statusOf(pid: number): Record<string, unknown> {
  const { options } = ownSupervisorFile();
  const counts = { threads: 1, points: 0, falls: 0, uptimeMs: 1, savedBytes: 0 };
  const rest = { ppid: 1, command: ['./told'], supervisorPid: 1, options, warnings: [] };
  return { pid, ...counts, ...rest };
}

export function runBelay(...words: string[]): Promise<ProcessResult> {
  return runBelayAt(ownBase, ...words);
}

/** As when BELAY_DIR is `base`. */
export async function runBelayAt(base: string, ...words: string[]): Promise<ProcessResult> {
  const env = { ...process.env, BELAY_DIR: base };
  const result = await runProcess([BIN_BELAY, ...words], { env });
  assert.doesNotMatch(result.stderr, /\n {4}at /);
  return result;
}

export function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** The paths, given to the stranger. */
export function giveAway(directory: string): void {
  spawnSync('chown', ['-R', `${STRANGER}:${STRANGER}`, directory]);
}
