/** The most mappings on the way, against a model of the kernel's list that joins nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countPeak } from '../../src/points/mapping-peaks.ts';
import { planMappings, type MappingStep } from '../../src/points/plan-mappings.ts';
import type { Mapping, Range } from '../../src/procfs/maps.ts';

const PAGE = 4096;

const layout = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 2 }),
      pages: fc.integer({ min: 1, max: 5 }),
      inode: fc.integer({ min: 0, max: 2 }),
      protection: fc.integer({ min: 0, max: 7 }),
    }),
    { maxLength: 12 },
  )
  .map((pieces) => {
    let at = 16 * PAGE;
    return pieces.map(({ gap, pages, inode, protection }): Mapping => {
      const start = at + gap * PAGE;
      at = start + pages * PAGE;
      return {
        start,
        end: at,
        readable: (protection & 1) !== 0,
        writable: (protection & 2) !== 0,
        executable: (protection & 4) !== 0,
        shared: false,
        offset: inode === 0 ? 0 : start,
        device: inode === 0 ? '00:00' : '08:01',
        inode,
        path: '',
      };
    });
  });

function perform(list: readonly Range[], { kind, start, end }: MappingStep): Range[] {
  const cut = list.flatMap((range) => {
    const edges = [start, end].filter((edge) => edge > range.start && edge < range.end);
    const all = [range.start, ...edges, range.end];
    return all.slice(1).map((to, index) => ({ start: all[index] ?? 0, end: to }));
  });
  if (kind === 'protect') return cut;
  const rest = cut.filter((range) => range.end <= start || range.start >= end);
  return kind === 'map' ? [...rest, { start, end }] : rest;
}

test('there are never more mappings than were counted beforehand', () => {
  fc.assert(
    fc.property(layout, layout, (now, wanted) => {
      const steps = planMappings(now, wanted);
      let list: Range[] = [...now];
      let most = list.length;
      for (const step of steps) {
        list = perform(list, step);
        most = Math.max(most, list.length);
      }
      const peak = countPeak(now, steps);
      assert.ok(most <= peak, `${most} of ${peak}`);
      assert.ok(peak <= most + 2, 'for a moment a step can need its two cuts more');
    }),
    { numRuns: 1000 },
  );
});
