/**
 * Processes that are killed while they make others: what they have begun goes on, and ends, and so
 * does the supervisor.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runUnderBelay } from '../support/belay.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { belay, until } from './started.ts';

const ROUNDS = 100;

const place = usePlace();

for (const kind of ['fork', 'vfork', 'thread', 'exec']) {
  test(`killed in the middle of ${kind}: nothing is left behind`, async () => {
    const program = await compileProgram('forkers', place);
    const { stdout, stderr, code } = await runUnderBelay([program, kind, String(ROUNDS)]);
    assert.deepEqual([stdout, stderr, code], ['done\n', '', 0]);
    await until('the supervisor has ended', async () => !(await belay('ps')).includes('forkers'));
  });
}
