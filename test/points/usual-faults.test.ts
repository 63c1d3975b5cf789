/** Which faults are passed on without being followed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsualFaults } from '../../src/points/usual-faults.ts';

/** How many in a row are passed on. */
function countPassed(faults: UsualFaults, place: string): number {
  let passed = 0;
  while (faults.takes(place)) passed += 1;
  return passed;
}

test('a place is usual when its handler has coped three times in a row', () => {
  const faults = new UsualFaults();
  faults.coped('a');
  faults.coped('a');
  assert.equal(faults.takes('a'), false);
  faults.failed('a');
  faults.coped('a');
  faults.coped('a');
  assert.equal(faults.takes('a'), false);
  faults.coped('a');
  assert.equal(faults.takes('a'), true);
  assert.equal(faults.takes('b'), false);
});

test('one is followed now and then, ever more rarely, up to a bound', () => {
  const faults = new UsualFaults();
  faults.coped('a');
  faults.coped('a');
  const passed = Array.from({ length: 9 }, () => {
    faults.coped('a');
    return countPassed(faults, 'a');
  });
  assert.deepEqual(passed, [63, 127, 255, 511, 1023, 2047, 4095, 4095, 4095]);
});

test('a handler that has not coped makes it a place like any other', () => {
  const faults = new UsualFaults();
  for (let times = 0; times < 4; times += 1) faults.coped('a');
  assert.equal(faults.takes('a'), true);
  faults.failed('a');
  assert.equal(faults.takes('a'), false);
  for (let times = 0; times < 3; times += 1) faults.coped('a');
  assert.equal(countPassed(faults, 'a'), 63);
});

test('of too many places those are kept that coped last', () => {
  const faults = new UsualFaults();
  for (let place = 0; place < 1025; place += 1) {
    for (let times = 0; times < 3; times += 1) faults.coped(String(place));
  }
  assert.equal(faults.takes('0'), false);
  assert.equal(faults.takes('1'), true);
  assert.equal(faults.takes('1024'), true);
});
