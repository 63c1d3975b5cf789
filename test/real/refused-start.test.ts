/** What fails while a supervisor starts: the command is not begun, or it is supervised. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { makeWatchedBelay } from '../support/watched-belay.ts';
import { usePlace } from './place.ts';
import { belay, start, until } from './started.ts';

const place = usePlace();
const scripts = path.join(place, 'scripts');
mkdirSync(scripts);
const watched = makeWatchedBelay(scripts, path.join(import.meta.dirname, 'programs/fail-start.ts'));
/** Says whether it is traced. */
const command = ['sh', '-c', 'grep TracerPid /proc/self/status; exit 3'];

function run(fail: string): Promise<ProcessResult> {
  const env = { ...process.env, FAIL: fail };
  return runProcess([watched, 'run', '--', ...command], { env });
}

const needed = { thread: 'thread for the log', nothing: '/dev/null' };
for (const [fail, what] of Object.entries(needed)) {
  test(`no ${what}: nothing is begun`, async () => {
    const { code, signal, stdout, stderr } = await run(fail);
    assert.deepEqual([code, signal, stdout], [125, null, '']);
    assert.match(stderr, /^belay: cannot [^\n]+: refused by a test\n$/);
    assert.equal((await belay('ps')).split('\n').length, 2);
  });
}

test('no room for what a later attach has to know: supervised, and named', async () => {
  const { code, stdout, stderr } = await run('notes');
  assert.deepEqual([code, stderr], [3, '']);
  assert.match(stdout, /^TracerPid:\t[1-9]/);
  assert.match(await belay('log', 'sh'), /warning: .+ will find it confined: ENOSPC: refused/);
});

test('standard error ends when the program closes it, while it runs on', async () => {
  const { child, exited } = start([watched, 'run', '--', 'sh', '-c', 'exec sleep 1000 2>&-'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let hasEnded = false;
  child.stderr?.resume().once('end', () => {
    hasEnded = true;
  });
  await until('the end of standard error', () => hasEnded);
  assert.equal(child.exitCode, null);
  child.kill('SIGKILL');
  await exited;
});
