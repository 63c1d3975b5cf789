/** What fails while a supervisor starts: the command is not begun, or it is supervised. */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readFilterNotes } from '../../src/registry/filter-notes.ts';
import { ROOT } from '../support/paths.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { makeWatchedBelay } from '../support/watched-belay.ts';
import { usePlace } from './place.ts';
import { belay, start, until } from './started.ts';

const place = usePlace();
const scripts = path.join(place, 'scripts');
mkdirSync(scripts);
const preload = path.join(import.meta.dirname, 'programs/fail-start.ts');
const watched = makeWatchedBelay(scripts, preload);
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

test('no thread for a running program: it is let go, and its filter is noted', async () => {
  const { pid } = start(['sleep', '1000']);
  const main = path.join(ROOT, 'src/launch/main.ts');
  const attach = [process.execPath, '--import', preload, main, 'attach', String(pid)] as const;
  const { stdout } = await runProcess(attach, { env: { ...process.env, FAIL: 'thread' } });
  assert.match(stdout, /^\{"ok":false,.+refused by a test/);
  assert.match(readFileSync(`/proc/${pid}/status`, 'latin1'), /^TracerPid:\t0$/m);
  const [directory = ''] = globSync(path.join(process.env.BELAY_DIR ?? '', `${pid}-*`));
  assert.deepEqual(
    readFilterNotes(directory).map((note) => note.pid),
    [pid],
  );
  assert.match(await belay('attach', String(pid)), /is supervised by/);
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
