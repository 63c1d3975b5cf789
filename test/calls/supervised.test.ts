/**
 * The calls from TypeScript and Python under belay: 20 rollbacks each, half of them real faults.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { runUnderBelay } from '../support/belay.ts';
import { PYTHON } from '../support/paths.ts';

/** The falls alternate with tlongjmp on one point, so no new point is reached between them. */
const options = ['--retries', '100'];

function scriptPath(name: string): string {
  return path.join(import.meta.dirname, name);
}

test('TypeScript: points, values, faults, kept memory, timers and errors', async () => {
  const result = await runUnderBelay([process.execPath, scriptPath('supervised.ts')], { options });
  assert.deepEqual([result.stdout, result.stderr, result.code], ['ok\n', '', 0]);
});

test('Python: points, values, faults, kept memory and errors', async () => {
  const env = { ...process.env, PYTHONPATH: PYTHON, PYTHONDONTWRITEBYTECODE: '1' };
  const result = await runUnderBelay(['python3', scriptPath('supervised.py')], { options, env });
  assert.deepEqual([result.stdout, result.stderr, result.code], ['ok\n', '', 0]);
});
