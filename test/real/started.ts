/**
 * Programs that a test starts and talks to: how they end, and that none outlives the test.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExitStatus } from '../../src/index.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { runProcess } from '../support/run-process.ts';

export interface Started {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly exited: Promise<ExitStatus>;
}

const killers: (() => Promise<void>)[] = [];

after(async () => {
  for (const kill of killers) await kill();
});

/** Ends a program by its pid when the tests of the file are over, if it has not ended by then. */
export function endAfterTests(pid: number, exited: Promise<ExitStatus>): void {
  let hasEnded = false;
  void exited.then(() => {
    hasEnded = true;
  });
  killers.push(async () => {
    if (hasEnded) return;
    process.kill(pid, 'SIGKILL');
    await exited;
  });
}

export function start(command: readonly string[], options: SpawnOptions = {}): Started {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: 'ignore', ...options });
  const { pid } = child;
  assert(pid !== undefined, `cannot start ${file}`);
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  endAfterTests(pid, exited);
  return { pid, child, exited };
}

/** Waits until `condition` gives something other than false or undefined, and returns it. */
export async function until<Value>(
  what: string,
  condition: () => Value | Promise<Value>,
): Promise<Exclude<Value, false | undefined>> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const value = await condition();
    if (value !== false && value !== undefined) return value as Exclude<Value, false | undefined>;
    await sleep(5);
  }
  throw new assert.AssertionError({ message: `waited in vain: ${what}` });
}

/** `belay WORDS`: what it printed. It must succeed. */
export async function belay(...words: readonly string[]): Promise<string> {
  const result = await runProcess([BIN_BELAY, ...words]);
  assert.deepEqual([result.code, result.stderr], [0, ''], `belay ${words.join(' ')}`);
  return result.stdout;
}
