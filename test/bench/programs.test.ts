/** The bench's C programs: each mode works to its end, and gives as many samples as asked for. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sampleAlone, sampleSupervised } from '../../bench/program.ts';
import { sampleTracer, type Step } from '../../bench/tracer.ts';

const ROUNDS = 8;
const SMALL = { rounds: ROUNDS, sizeMb: 2, pages: 4, keepKb: 0 };

suite('the tracer in C', () => {
  for (const step of ['point', 'fall', 'jump', 'scan', 'copy', 'write'] satisfies Step[]) {
    for (const threads of [1, 4]) {
      test(`${step}, ${threads} threads`, async () => {
        const samples = await sampleTracer(step, { ...SMALL, threads }, 0);
        // Of a step of its own the first is before the first round.
        assert.ok(
          samples.length >= ROUNDS - 1 && samples.length <= ROUNDS + 1,
          `${samples.length}`,
        );
        assert.ok(samples.every((ns) => ns > 0));
      });
    }
  }
});

test('ranges that are kept survive the rollbacks of the bench', async () => {
  const samples = await sampleSupervised('points', 'fall', ROUNDS, 2, 4, 1, 64);
  assert.equal(samples.length, ROUNDS);
});

test('mappings are told of, and gone back with', async () => {
  assert.equal((await sampleAlone('mappings', 'read', ROUNDS, 100)).length, ROUNDS);
  assert.equal((await sampleSupervised('mappings', 'back', ROUNDS, 100)).length, ROUNDS);
});
