/** Which processes `--every` passes over because they have just begun. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paysForPoints } from '../../src/policy/pays-for-points.ts';

test('a child that has just begun has no point yet, however short the period is', () => {
  assert.equal(paysForPoints(0, 1), false);
  assert.equal(paysForPoints(99, 20), false);
  assert.equal(paysForPoints(100, 20), true);
});

test('it lives for a period first, but for no longer than a second', () => {
  assert.equal(paysForPoints(499, 500), false);
  assert.equal(paysForPoints(500, 500), true);
  assert.equal(paysForPoints(1000, 60_000), true);
});
