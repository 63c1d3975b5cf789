/** How the address space is divided for a sweep, against each of its pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PAGE_SIZE } from '../../src/arch/x64/syscalls.ts';
import type { Range } from '../../src/procfs/maps.ts';
import { planSweep } from '../../src/resources/address-space/plan-sweep.ts';

const PAGE_COUNT = 60;
/** Each page as large as the gap within a field may be, or small. */
const scales = fc.constantFrom(1, 256, 1024);
const somePages = fc.uniqueArray(fc.nat(PAGE_COUNT - 1));

function rangesOf(isIn: (index: number) => boolean, scale: number): Range[] {
  const ranges: Range[] = [];
  for (let index = 0; index < PAGE_COUNT; index += 1) {
    if (!isIn(index)) continue;
    const [start, end] = [index * scale * PAGE_SIZE, (index + 1) * scale * PAGE_SIZE];
    const last = ranges.at(-1);
    if (last?.end === start) ranges[ranges.length - 1] = { start: last.start, end };
    else ranges.push({ start, end });
  }
  return ranges;
}

const holds = ({ start, end }: Range, address: number): boolean =>
  address >= start && address < end;

test('each page is looked at once, and no busy one is protected', () => {
  fc.assert(
    fc.property(scales, somePages, somePages, (scale, holes, candidates) => {
      const unexplored = rangesOf((index) => holes.includes(index), scale);
      const spans = rangesOf((index) => !holes.includes(index), scale);
      const explored = candidates.filter((index) => !holes.includes(index));
      const busy = explored.map((index) => index * scale).sort((a, b) => a - b);
      const isApart = ({ start }: Range) => start % 3 === 0;
      const plan = planSweep({ spans, unexplored, isApart }, busy);
      const steps = [...plan.steps];
      for (const [index, step] of steps.entries()) {
        assert.ok(step.start < step.end && step.start >= (steps[index - 1]?.end ?? 0));
      }
      for (let index = 0; index < PAGE_COUNT; index += 1) {
        const address = index * scale * PAGE_SIZE;
        const step = steps.find((each) => holds(each, address));
        const isHole = holes.includes(index);
        if (!isHole) assert.ok(step !== undefined);
        else assert.notEqual(step?.kind ?? 'field', 'protect');
        if (busy.includes(index * scale)) assert.notEqual(step?.kind, 'protect');
        const isWithin = plan.within.some((range) => holds(range, address));
        const isOther = plan.others.some((range) => holds(range, address));
        assert.equal(isWithin || isOther, isHole);
        assert.ok(!(isWithin && isOther));
        if (isWithin) assert.equal(step?.kind, 'field');
      }
    }),
  );
});

test('stacks side by side are one field, with what is unexplored before the first', () => {
  const size = 8 << 20;
  const unexplored = Array.from({ length: 20 }, (_, index) => {
    return { start: index * size, end: (index + 1) * size - (1 << 20) };
  });
  const spans = unexplored.map(({ end }) => ({ start: end, end: end + (1 << 20) }));
  const busy = spans.map(({ end }) => end / PAGE_SIZE - 2);
  const { steps, within, others } = planSweep({ spans, unexplored, isApart: () => false }, busy);
  const last = 20 * size;
  assert.deepEqual(steps, [
    { start: 0, end: last - PAGE_SIZE, kind: 'field' },
    { start: last - PAGE_SIZE, end: last, kind: 'protect' },
  ]);
  assert.deepEqual([within, others], [unexplored, []]);
});
