/**
 * Descriptors and file offsets.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { describeTargets } from '../support/target-suite.ts';
import { compileTarget, readTarget } from '../support/targets.ts';

describeTargets('descriptors');

describe('descriptors, by what the caller gives', () => {
  test('a supervisor with few descriptors overlooks none of the program', async () => {
    const program = await compileTarget(readTarget('descriptors', 'as-many-as-allowed.c'));
    const script = 'ulimit -n 256 && exec "$0" run -- "$1"';
    const result = await runProcess(['sh', '-c', script, BIN_BELAY, program]);
    assert.deepEqual([result.stdout, result.code], ['ok\n', 0], result.stderr);
  });

  test('lines of a log that were written since the point stay', async () => {
    const program = await compileTarget(readTarget('descriptors', 'log-lines.c'));
    const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-log-lines-'));
    try {
      const log = path.join(directory, 'log');
      await runProcess(['sh', '-c', 'exec "$0" run -- "$1" >"$2"', BIN_BELAY, program, log]);
      assert.equal(readFileSync(log, 'utf8'), 'a line that only the first try writes\nok\n');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
