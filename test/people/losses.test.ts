/** `belay show` says beforehand what of a point will not come back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/index.ts';
import { runBelay } from '../support/belay.ts';

const SHARES =
  'import mmap, time; m = mmap.mmap(-1, 32 << 20); m.write(b"x" * (32 << 20)); time.sleep(60)';

test('shared memory that is too large is named, once for all points', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-losses-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    await using program = await run('/usr/bin/python3', ['-c', SHARES], { stdio: 'ignore' });
    const env = { ...process.env };
    for (let tries = 0; tries < 100; tries += 1) {
      await program.checkpoint();
      const shown = await runBelay(['show', String(program.pid)], { env });
      if (shown.stdout.includes('is not put back')) {
        const lines = shown.stdout.split('\n').filter((line) => line.includes('is not put back'));
        assert.equal(lines.length, 1);
        assert.match(lines[0] ?? '', /^! points? [\d, .]+: shared memory \/dev\/zero /);
        return;
      }
    }
    assert.fail('the shared memory was never named');
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

const SUBMITS =
  'import ctypes, time; c = ctypes.c_ulong(); ' +
  'ctypes.CDLL(None).syscall(206, 8, ctypes.byref(c)); time.sleep(60)';

test('requests of AIO are named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-losses-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    await using program = await run('/usr/bin/python3', ['-c', SUBMITS], { stdio: 'ignore' });
    const env = { ...process.env };
    let shown = '';
    for (let tries = 0; tries < 100 && !shown.includes('requests of AIO'); tries += 1) {
      await program.checkpoint();
      ({ stdout: shown } = await runBelay(['show', String(program.pid)], { env }));
    }
    assert.match(shown, /^! points? [\d, .]+: requests of AIO that were under way go on: /m);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

const HANDLES = 'import signal, time; signal.signal(signal.SIGUSR1, print); time.sleep(60)';
const COUNT = 12;

test('what a point did not ask for is named beforehand, and not at each rollback', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-losses-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    const options = { stdio: 'ignore', every: 1 } as const;
    await using program = await run('/usr/bin/python3', ['-c', HANDLES], options);
    const env = { ...process.env };
    let shown = '';
    for (let tries = 0; tries < 200 && !shown.includes('handlers of signals are'); tries += 1) {
      ({ stdout: shown } = await runBelay(['show', String(program.pid)], { env }));
    }
    assert.match(shown, /^! points? .*: handlers of signals are as they were [\w ]+ before /m);
    for (let count = 0; count < COUNT; count += 1) await program.rewind();
    const { stdout } = await runBelay(['log', String(program.pid)], { env });
    assert.equal(stdout.match(/ back to point /g)?.length, COUNT);
    const named = stdout.match(/! handlers of signals: .*/g) ?? [];
    assert.ok(named.length <= 2, stdout);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});
