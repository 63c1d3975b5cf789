/** Which processes `--every` passes over because they have just begun. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paysForPoints } from '../../src/policy/pays-for-points.ts';

const ranFor = (ms: number) => () => ms;
const notAsked = () => assert.fail('it is not asked how long it has run');

test('a child that has just begun has no point yet, however short the period is', () => {
  assert.equal(paysForPoints(0, 1, notAsked), false);
  assert.equal(paysForPoints(99, 20, notAsked), false);
  assert.equal(paysForPoints(100, 20, ranFor(20)), true);
});

test('nor has one that had hardly a processor yet', () => {
  assert.equal(paysForPoints(999, 20, ranFor(19)), false);
});

test('it lives for a period first, but for no longer than a second', () => {
  assert.equal(paysForPoints(499, 500, notAsked), false);
  assert.equal(paysForPoints(500, 500, ranFor(20)), true);
  assert.equal(paysForPoints(1000, 60_000, notAsked), true);
});
