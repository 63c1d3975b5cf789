/** The plan for attributes, carried out on a model of what madvise(2), mlock(2) and keys do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { AttributeRange } from '../../src/procfs/smaps.ts';
import {
  findDifferences,
  findIrreparable,
  findLasting,
  planAttributes,
  type Advice,
  type AttributeStep,
} from '../../src/points/plan-attributes.ts';

const PAGE = 4096;

/** What each advice sets and clears. */
const EFFECT: Readonly<Record<Advice, readonly [set: string, clear: readonly string[]]>> = {
  NORMAL: ['', ['sr', 'rr']],
  RANDOM: ['rr', ['sr']],
  SEQUENTIAL: ['sr', ['rr']],
  DONTFORK: ['dc', []],
  DOFORK: ['', ['dc']],
  MERGEABLE: ['mg', []],
  UNMERGEABLE: ['', ['mg']],
  HUGEPAGE: ['hg', ['nh']],
  NOHUGEPAGE: ['nh', ['hg']],
  DONTDUMP: ['dd', []],
  DODUMP: ['', ['dd']],
  WIPEONFORK: ['wf', []],
  KEEPONFORK: ['', ['wf']],
};

const flags = fc
  .record({
    lock: fc.constantFrom([], ['lo'], ['lo', 'lf']),
    reading: fc.constantFrom([], ['sr'], ['rr']),
    huge: fc.constantFrom([], ['hg'], ['nh']),
    others: fc.subarray(['dc', 'mg', 'dd', 'wf', 'gd', 'nr', 'ac', 'sh', 'sl']),
  })
  .map(({ lock, reading, huge, others }) => new Set([...lock, ...reading, ...huge, ...others]));

const layout = fc
  .array(
    fc.record({ gap: fc.nat(2), pages: fc.integer({ min: 1, max: 4 }), flags, key: fc.nat(2) }),
  )
  .map((pieces) => {
    let at = PAGE;
    return pieces.map(({ gap, pages, ...rest }): AttributeRange => {
      const start = at + gap * PAGE;
      at = start + pages * PAGE;
      return { start, end: at, ...rest };
    });
  });

function carryOut(step: AttributeStep, page: { flags: Set<string>; key: number }): void {
  switch (step.kind) {
    case 'advise': {
      const [set, clear] = EFFECT[step.advice];
      for (const flag of clear) page.flags.delete(flag);
      if (set !== '') page.flags.add(set);
      return;
    }
    case 'key':
      page.key = step.key;
      return;
    default:
      page.flags.delete('lf');
      page.flags.delete('lo');
      if (step.kind !== 'unlock') page.flags.add('lo');
      if (step.kind === 'lock-on-fault') page.flags.add('lf');
  }
}

/** Nobody changes these, but for a seal that was not there. */
function isIgnored(flag: string, wanted: ReadonlySet<string>): boolean {
  return flag === 'ac' || flag === 'sh' || (flag === 'sl' && wanted.has(flag));
}

function rangeAt(ranges: readonly AttributeRange[], address: number): AttributeRange | undefined {
  return ranges.find(({ start, end }) => address >= start && address < end);
}

test('the plan makes attributes those wanted wherever calls can, and only there', () => {
  fc.assert(
    fc.property(layout, layout, (now, wanted) => {
      const steps = planAttributes(now, wanted);
      const anew = findIrreparable(now, wanted);
      const lasting = findLasting(now, wanted);
      for (let at = 0; at < 64 * PAGE; at += PAGE) {
        const [have, want] = [rangeAt(now, at), rangeAt(wanted, at)];
        const mine = steps.filter(({ start, end }) => at >= start && at < end);
        if (have === undefined || want === undefined) assert.deepEqual(mine, []);
        else if (!anew.some(({ start, end }) => at >= start && at < end)) {
          const page = { flags: new Set(have.flags), key: have.key };
          for (const step of mine) carryOut(step, page);
          const compared = (flags: ReadonlySet<string>): string[] =>
            [...flags].filter((flag) => !isIgnored(flag, want.flags)).sort();
          const isSame =
            page.key === want.key && isDeepStrictEqual(compared(page.flags), compared(want.flags));
          assert.equal(isSame, !lasting.some(({ start, end }) => at >= start && at < end));
        }
      }
    }),
  );
});

test('nothing differs from itself', () => {
  fc.assert(
    fc.property(layout, (ranges) => {
      const same = ranges.map((range) => ({ ...range, flags: new Set(range.flags) }));
      assert.deepEqual(findDifferences(ranges, same), []);
    }),
  );
});
