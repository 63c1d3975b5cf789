/** The plan for mappings, carried out on a model of an address space. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Mapping } from '../../src/procfs/maps.ts';
import { planMappings, type MappingStep } from '../../src/points/plan-mappings.ts';

const PAGE = 4096;
const BASE = 0x10000;
const PAGE_COUNT = 24;

/** One mapping, or a hole, of some pages. */
const piece = fc.record({
  pages: fc.integer({ min: 1, max: 6 }),
  kind: fc.constantFrom('hole', 'anonymous', 'file', 'file', 'shared', 'kernel'),
  inode: fc.integer({ min: 1, max: 2 }),
  shift: fc.integer({ min: 0, max: 1 }),
  protection: fc.integer({ min: 0, max: 7 }),
});
type Piece = typeof piece extends fc.Arbitrary<infer Value> ? Value : never;

const layout = fc.array(piece, { maxLength: 10 }).map((pieces) => {
  const mappings: Mapping[] = [];
  let at = 0;
  for (const each of pieces) {
    const pages = Math.min(each.pages, PAGE_COUNT - at);
    if (pages > 0 && each.kind !== 'hole') mappings.push(makeMapping(each, at, pages));
    at += pages;
  }
  return mappings;
});

/** Files are mapped so that equal inodes have equal offsets at equal addresses, but for `shift`. */
function makeMapping(
  { kind, inode, shift, protection }: Piece,
  at: number,
  pages: number,
): Mapping {
  const isFile = kind === 'file' || kind === 'shared';
  return {
    start: BASE + at * PAGE,
    end: BASE + (at + pages) * PAGE,
    readable: (protection & 1) !== 0,
    writable: (protection & 2) !== 0,
    executable: (protection & 4) !== 0,
    shared: kind === 'shared',
    offset: isFile ? (at + shift) * PAGE : 0,
    device: isFile ? '08:01' : '00:00',
    inode: isFile ? inode : 0,
    path: kind === 'kernel' ? '[vdso]' : isFile ? `/file-${inode}` : '',
  };
}

interface Page {
  readonly backing: string;
  readonly protection: string;
  readonly isKernels: boolean;
  /** Mapped by the plan: its content is new. */
  readonly isNew: boolean;
}

function pageOf(mapping: Mapping, address: number, isNew: boolean): Page {
  const { shared, device, inode, offset, start, readable, writable, executable, path } = mapping;
  const position = inode === 0 ? '' : String(offset + address - start);
  return {
    backing: `${shared ? 's' : 'p'} ${device} ${inode} ${position}`,
    protection: [readable, writable, executable].map(Number).join(''),
    isKernels: path === '[vdso]',
    isNew,
  };
}

function toPages(mappings: readonly Mapping[]): Map<number, Page> {
  const pages = new Map<number, Page>();
  for (const mapping of mappings) {
    for (let at = mapping.start; at < mapping.end; at += PAGE) {
      pages.set(at, pageOf(mapping, at, false));
    }
  }
  return pages;
}

/** What the kernel would do; a step that it would refuse fails. */
function carryOut(plan: readonly MappingStep[], pages: Map<number, Page>): void {
  for (const step of plan) {
    assert.ok(step.start < step.end);
    for (let at = step.start; at < step.end; at += PAGE) {
      const before = pages.get(at);
      assert.ok(before?.isKernels !== true, 'the kernel’s own mappings are left alone');
      if (step.kind === 'unmap') pages.delete(at);
      else if (step.kind === 'map') pages.set(at, pageOf(step.mapping, at, true));
      else {
        assert.ok(before !== undefined, 'mprotect of a hole is ENOMEM');
        const { protection } = pageOf(step.mapping, at, false);
        assert.notEqual(before.protection, protection, 'it has this protection already');
        pages.set(at, { ...before, protection });
      }
    }
  }
}

test('the plan makes the mappings of now those wanted, and maps anew only what it must', () => {
  fc.assert(
    fc.property(layout, layout, (now, wanted) => {
      const before = toPages(now);
      const pages = new Map(before);
      const goal = toPages(wanted);
      carryOut(planMappings(now, wanted), pages);
      for (let at = BASE; at < BASE + PAGE_COUNT * PAGE; at += PAGE) {
        const [had, has, wants] = [before.get(at), pages.get(at), goal.get(at)];
        if (had?.isKernels === true || wants?.isKernels === true) continue;
        assert.equal(has?.backing, wants?.backing, `page ${at}`);
        assert.equal(has?.protection, wants?.protection, `page ${at}`);
        assert.ok(has?.isNew !== true || had?.backing !== wants?.backing, `page ${at} was right`);
      }
    }),
    { numRuns: 1000 },
  );
});

test('nothing is planned where nothing differs', () => {
  fc.assert(
    fc.property(layout, (mappings) => {
      assert.deepEqual(
        planMappings(
          mappings,
          mappings.map((mapping) => ({ ...mapping })),
        ),
        [],
      );
    }),
  );
});

test('room is made first, protection that takes room is set last', () => {
  const rank = (step: MappingStep): number => {
    if (step.kind === 'protect') return step.mapping.writable ? 3 : 1;
    return step.kind === 'unmap' ? 0 : 2;
  };
  fc.assert(
    fc.property(layout, layout, (now, wanted) => {
      const kinds = planMappings(now, wanted).map(rank);
      assert.deepEqual(
        kinds,
        kinds.toSorted((a, b) => a - b),
      );
    }),
  );
});
