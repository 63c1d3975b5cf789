/** The table of page versions, against a Map. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ABSENT, PAGES_PER_CHUNK, PageIndex } from '../../src/points/page-index.ts';

/** Few chunks, far apart: the last one is at the end of a process's 47 bits. */
const page = fc
  .tuple(fc.constantFrom(0, 1, 2, 1000, 2 ** 26 - 1), fc.nat(PAGES_PER_CHUNK - 1))
  .map(([chunk, index]) => chunk * PAGES_PER_CHUNK + index);
const entries = fc.array(fc.tuple(page, fc.nat(3)), { maxLength: 50 });

function build(list: readonly (readonly [number, number])[]) {
  const index = new PageIndex();
  const model = new Map<number, number>();
  for (const [at, slot] of list) {
    index.set(at, slot);
    if (slot === ABSENT) model.delete(at);
    else model.set(at, slot);
  }
  return { index, model };
}

test('what was set last is what is there', () => {
  fc.assert(
    fc.property(entries, page, (list, other) => {
      const { index, model } = build(list);
      for (const at of [other, ...list.map(([each]) => each)]) {
        assert.equal(index.get(at), model.get(at) ?? ABSENT);
      }
    }),
  );
});

test('a walk finds every version of its range once, in order', () => {
  fc.assert(
    fc.property(entries, page, page, (list, one, other) => {
      const { index, model } = build(list);
      const [start, end] = [Math.min(one, other), Math.max(one, other) + 1];
      const found: [number, number][] = [];
      index.forEachIn(start, end, (at, slot) => found.push([at, slot]));
      const expected = [...model].filter(([at]) => at >= start && at < end);
      assert.deepEqual(
        found,
        expected.sort(([a], [b]) => a - b),
      );
    }),
  );
});

test('the first version of each chunk is found', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const { index, model } = build(list);
      for (const key of index.keys()) {
        const inChunk = [...model.keys()].filter((at) => Math.floor(at / PAGES_PER_CHUNK) === key);
        assert.equal(index.firstPageOf(key), inChunk.length === 0 ? -1 : Math.min(...inChunk));
      }
    }),
  );
});
