/** bench/results.json and what is made of it: parts are replaced singly, charts do not change. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding, Place } from '../../bench/finding.ts';
import {
  mergeResults,
  readResults,
  writeResults,
  type PartResult,
  type Results,
} from '../../bench/results.ts';
import { drawChart } from '../../scripts/charts.ts';
import { writePerformance } from '../../scripts/performance.ts';

const MACHINE = {
  kernel: 'Linux 7.0',
  processors: '2 × Processor',
  memoryGb: 4,
  load: '0.1 0.1 0.1',
  node: 'v24.0.0',
  commit: 'abc',
};

function partOf(date: string, values: readonly number[], place?: Place): PartResult {
  const findings = values.map((value): Finding => {
    return { what: `row ${date}`, value, unit: 'ns', why: 'w', ...(place ? { place } : {}) };
  });
  return { date, machine: MACHINE, floorNs: 1000, findings };
}

const BEFORE: Results = {
  version: 1,
  parts: { a: partOf('2026-01-01', [1]), b: partOf('2026-01-01', [2]) },
};

test('a run of one part leaves the others, with their dates, as they are', () => {
  const { parts } = mergeResults(BEFORE, { b: partOf('2026-02-02', [3]) });
  assert.deepEqual(parts.a, BEFORE.parts.a);
  assert.equal(parts.b?.date, '2026-02-02');
});

test('a part that could not be measured does not take the place of one that was', () => {
  const failed = { ...partOf('2026-02-02', []), notMeasured: 'no room' };
  const { parts } = mergeResults(BEFORE, { b: failed, c: failed });
  assert.deepEqual(parts.b, BEFORE.parts.b);
  assert.equal(parts.c?.notMeasured, 'no room');
});

test('results are read as they were written, and none are there before the first', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'belay-results-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'results.json');
  assert.deepEqual(readResults(file).parts, {});
  await writeResults(BEFORE, file);
  assert.deepEqual(readResults(file), BEFORE);
  await writeResults({ ...BEFORE, version: 2 as 1 }, file);
  assert.throws(() => readResults(file), /its version is not 1/);
});

test('a chart is the same each time it is drawn', () => {
  const findings = [1, 10, 100].flatMap((x) => {
    return partOf('d', [x * 1000], { chart: 'pages', line: 'tsetjmp', x }).findings;
  });
  const chart = drawChart('pages', findings);
  assert.match(chart ?? '', /^<svg[^]*tsetjmp[^]*<\/svg>\n$/);
  assert.equal(drawChart('pages', findings), chart);
  assert.equal(drawChart('size', findings), undefined);
});

test('the page says of each part when and where it was measured, or why not', async () => {
  const parts = { ...BEFORE.parts, huge: { ...partOf('2026-03-03', []), notMeasured: 'no room' } };
  const documents = await writePerformance({ ...BEFORE, parts });
  const page = documents.get('docs/performance.md') ?? '';
  assert.match(page, /## a\n[^]*row 2026-01-01[^]*_2026-01-01: Linux 7\.0, 2 × Processor, 4 GB/);
  assert.match(page, /## 8 GB\n\nNot measured: no room\./);
  assert.equal(documents.get('docs/pause-by-pages.svg'), undefined);
});
