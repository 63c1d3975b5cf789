/** Supervised programs are found whatever their command line is, and by each of their names. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { run } from '../../src/index.ts';
import { COMMAND_SHOWN_MAX, namesOf, shortenCommand } from '../../src/procfs/cmdline.ts';
import { runCli } from './cli-harness.ts';

let folder = '';
let base = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-names-'));
  base = join(folder, 'state');
  process.env.BELAY_DIR = base;
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a program with 1.4 MB of arguments is in the list and in the log', async () => {
  const words = Array.from({ length: 14 }, () => 'y'.repeat(100_000));
  const live = await run('sh', ['-c', 'read x', ...words], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const { stdout } = await runCli(base, 'ps');
  live.stdin?.end();
  await live.exited;
  assert.match(stdout, /yyyy/);
  const log = await runCli(base, 'log', live.pid.toString());
  assert.match(log.stdout, /is supervised by/);
  assert.ok(log.stdout.length < 4 * COMMAND_SHOWN_MAX, 'the whole command line is in the log');
});

test('a program is found by what it calls itself, and by its file', async () => {
  const shell = join(folder, 'my-shell');
  copyFileSync('/bin/sh', shell);
  const script = 'printf other-name > /proc/$$/comm; echo ready; read x';
  const live = await run(shell, ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => live.stdout?.once('data', resolve));
  for (const name of ['other-name', 'my-shell']) {
    const { code, stderr } = await runCli(base, 'show', name);
    assert.equal(code, 0, stderr);
  }
  live.stdin?.end();
  await live.exited;
  for (const name of ['other-name', 'my-shell']) {
    const { code, stdout, stderr } = await runCli(base, 'log', name);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`${live.pid} ended with 1`));
  }
});

test('a program that has ended is found by its last title, and by a child it had', async () => {
  const script = '<STDIN>; $0 = "worker: the ninth"; if (!fork) { exec "true"; } print wait();';
  const live = await run('perl', ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  assert(live.stdout !== null);
  live.stdin?.end();
  const child = await text(live.stdout);
  await live.exited;
  for (const name of ['worker: the ninth', 'worker', 'perl', child]) {
    const { code, stdout, stderr } = await runCli(base, 'log', name);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /ended with 0/);
  }
  const { stderr } = await runCli(base, 'log', 'nobody');
  assert.match(stderr, /cannot find a program called 'nobody'/);
});

test('a title gives its first word, and a long command its beginning', () => {
  assert.deepEqual(namesOf(['nginx: master process'], 'ng', '/usr/sbin/nginx'), [
    'nginx: master process',
    'nginx',
    'ng',
  ]);
  assert.deepEqual(namesOf([], 'kworker', ''), ['kworker']);
  assert.deepEqual(shortenCommand(['a', 'b c']), ['a', 'b c']);
  const shown = shortenCommand(['a', 'x'.repeat(5000), 'b']);
  assert.deepEqual(shown, ['a', `${'x'.repeat(COMMAND_SHOWN_MAX - 2)}…`, '…']);
});
