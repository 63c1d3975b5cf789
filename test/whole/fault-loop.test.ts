/** Each acquisition of a rollback is refused once: the program goes on, and nothing was touched. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { INCLUDE } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { makeWatchedBelay } from '../support/watched-belay.ts';

const FILES = 4;
const SIZE = 16384;

test('a rollback that is refused anything it acquires touches nothing', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'belay fault loop '));
  try {
    const program = join(directory, 'fault-loop');
    const source = join(import.meta.dirname, 'fault-loop.c');
    const compiled = await runProcess(['cc', '-O1', '-I', INCLUDE, '-o', program, source]);
    assert.equal(compiled.code, 0, compiled.stderr);
    const files = Array.from({ length: FILES }, (_, index) => join(directory, `file ${index}`));
    for (const file of files) writeFileSync(file, Buffer.alloc(SIZE, 1));
    const belay = makeWatchedBelay(directory, join(import.meta.dirname, 'fail-claims.ts'));
    const env = { ...process.env, BELAY_DIR: join(directory, 'state') };
    const { stdout, stderr, code } = await runProcess([belay, 'run', '--', program, ...files], {
      env,
    });
    assert.deepEqual([stderr, code], ['', 0], stdout);
    const refusals = Number(/^back after (\d+) refusals\n$/.exec(stdout)?.[1]);
    assert.ok(refusals >= FILES, `${refusals} refusals for ${FILES} files`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
