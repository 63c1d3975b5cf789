/**
 * ELF files that are damaged, cut short, or none: the symbolizer answers something or nothing.
 *
 * Another seed: BELAY_TEST_SEED=123 node --test test/symbols/damaged-files.test.ts
 * Without end: npm run fuzz-symbols
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { VARIANTS, fuzzSymbols, symbolizeFile } from '../fuzz/fuzz-symbols.ts';
import { compileShapes, makeTemporaryFolder, run } from './build.ts';

const SEED = Number(process.env.BELAY_TEST_SEED ?? Date.now() % 2 ** 31);
const ROUND_COUNT = 250;

for (const name of Object.keys(VARIANTS) as (keyof typeof VARIANTS)[]) {
  test(`random damage, ${name}, seed ${SEED.toString()}`, async () => {
    const differentCount = await fuzzSymbols({ seed: SEED, count: ROUND_COUNT, variants: [name] });
    assert.ok(differentCount > 0, 'the damage has hit nothing that matters');
  });
}

test('a file cut short at every length', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-g']);
  const intact = readFileSync(path);
  for (let sizeBytes = 0; sizeBytes < intact.length; sizeBytes += 61) {
    writeFileSync(path, intact.subarray(0, sizeBytes));
    assert.equal(symbolizeFile(path, 0x1140)?.path, path);
  }
});

test('what is no regular file is not opened', () => {
  using folder = makeTemporaryFolder();
  const fifo = join(folder.path, 'fifo');
  run('mkfifo', [fifo]);
  for (const path of [fifo, folder.path, '/dev/zero', join(folder.path, 'missing')]) {
    assert.deepEqual(symbolizeFile(path, 5), { path, moduleOffset: 5n });
  }
});
