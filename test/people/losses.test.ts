/** `belay show` says beforehand what of a point will not come back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/index.ts';
import { runBelay } from '../support/belay.ts';

const SHARES = 'import mmap, time; m = mmap.mmap(-1, 1 << 20); m[0] = 1; time.sleep(60)';

test('shared memory is named, once for all points', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-losses-'));
  process.env.BELAY_DIR = join(directory, 'state');
  try {
    await using program = await run('python3', ['-c', SHARES], { stdio: 'ignore' });
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
