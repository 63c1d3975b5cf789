/** The bench's arithmetic: percentiles, verdicts and units. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideOf, formatFindings, formatValue, verdictOf } from '../../bench/finding.ts';
import { median, percentile } from '../../bench/statistics.ts';

test('percentiles do not depend on the order of samples', () => {
  const samples = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
  assert.equal(median(samples), 50);
  assert.equal(percentile(samples, 0.99), 99);
  assert.equal(percentile([7], 0.99), 7);
  assert.equal(Number.isNaN(median([])), true);
});

test('a promise is kept up to its limit, and a row without one has no verdict', () => {
  const finding = { what: 'a', unit: 'ns', why: 'b' } as const;
  assert.equal(verdictOf({ ...finding, value: 50, limit: 50 }), 'within');
  assert.equal(verdictOf({ ...finding, value: 50.1, limit: 50 }), 'over');
  assert.equal(verdictOf({ ...finding, value: Number.NaN, limit: 50 }), 'over');
  assert.equal(verdictOf({ ...finding, value: 50 }), '');
});

test('figures carry units that fit them', () => {
  assert.equal(formatValue(999, 'ns'), '999 ns');
  assert.equal(formatValue(43_700, 'ns'), '43.7 µs');
  assert.equal(formatValue(1_004_000, 'ns'), '1.00 ms');
  assert.equal(formatValue(250_000_000, 'ns'), '250.0 ms');
  assert.equal(formatValue(-0.94, 'percent'), '-0.9 %');
  assert.equal(formatValue(80 * 2 ** 20, 'bytes'), '80 MB');
});

test('times are compared with the floor where it was measured', () => {
  const row = { what: 'x', value: 12_000, unit: 'ns', limit: 11_500, why: 'y' } as const;
  const cellsOf = (table: string) => table.split('\n')[1]?.split(/ {2,}/);
  const compared = cellsOf(formatFindings([row], 2400));
  assert.deepEqual(compared, ['x', '≤ 11.5 µs', '12.0 µs', '5.0', 'over', 'y']);
  const alone = cellsOf(formatFindings([row]));
  assert.deepEqual(alone, ['x', '≤ 11.5 µs', '12.0 µs', 'over', 'y']);
});

test('a goal is a ratio to the row’s own neighbour', () => {
  const finding = { unit: 'ns', value: 25, ...besideOf('C tracer', { value: 10 }, 2.5) } as const;
  assert.equal(verdictOf(finding), 'within');
  assert.equal(verdictOf({ ...finding, value: 25.1 }), 'over');
  assert.equal(verdictOf({ ...finding, limit: 24 }), 'over');
  assert.equal(verdictOf({ ...finding, ...besideOf('C tracer', { value: Number.NaN }) }), 'over');
  assert.equal(verdictOf({ unit: 'ns', value: 25, ...besideOf('C tracer', { value: 1 }) }), '');
  const line = formatFindings([{ ...finding, what: 'x', why: 'y' }], 5).split('\n')[1];
  const cells = ['x', '≤ 2.5 × C tracer', '25 ns', '5.0', '2.50', 'within', 'y'];
  assert.deepEqual(line?.split(/ {2,}/), cells);
});

test('a rate has a least value', () => {
  const finding = { unit: 'rate', value: 25_000, least: 25_000 } as const;
  assert.equal(verdictOf(finding), 'within');
  assert.equal(verdictOf({ ...finding, value: 24_999 }), 'under');
  assert.equal(verdictOf({ ...finding, value: Number.NaN }), 'under');
  const line = formatFindings([{ ...finding, what: 'x', why: 'y' }]).split('\n')[1];
  assert.deepEqual(line?.split(/ {2,}/), ['x', '≥ 25,000 /s', '25,000 /s', 'within', 'y']);
});
