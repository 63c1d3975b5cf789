/** What the supervisor's memory is: its own, and the saved pages. */
import type { Finding } from './finding.ts';
import { measureFootprint, type Footprint } from './footprint.ts';
import { compileProgram } from './program.ts';

const MB = 2 ** 20;
const PAGE_SIZE = 4096;
const OWN_LIMIT = 60 * MB;
const ALONE_LIMIT = 25 * MB;
/** What 1,000 points may take beside their pages. */
const POINTS_LIMIT = 3 * MB;
/** By then what the start has left is given back, for the second time: src/desk/own-memory.ts. */
const SETTLED_MS = 6000;
const POINTS = 1000;
const PAGES = 10;
/** Of each point: the ten, and the page of the stack that the program is on. */
const PAGES_SAVED = PAGES + 1;
/** The program's other pages: libc's data, the rest of the stack. */
const OTHERS = MB;

export async function measureMemory(): Promise<Finding[]> {
  const one = await measureHolding(1, 8);
  const many = await measureHolding(POINTS, 8);
  const large = await measureHolding(POINTS, 100);
  const limit = OWN_LIMIT;
  const unit = 'bytes';
  const pages = 100 * MB + POINTS * PAGES_SAVED * PAGE_SIZE + OTHERS;
  return [
    {
      what: 'supervisor, 1 point, without saved pages',
      value: one.rss - one.saved,
      unit,
      limit,
      why: 'Node and one worker thread; some 20 MB are of the binary, which all of them share',
    },
    {
      what: 'of which are its alone',
      value: one.anonymous - one.saved,
      unit,
      limit: ALONE_LIMIT,
      why: 'heaps and stacks: what one supervisor more takes from the machine',
    },
    {
      what: 'supervisor, 1,000 points, without saved pages',
      value: many.rss - many.saved,
      unit,
      limit: limit + POINTS_LIMIT,
      why: 'a point is a few kilobytes of registers and page numbers',
    },
    {
      what: 'what 1,000 points make of that',
      value: many.rss - many.saved - (one.rss - one.saved),
      unit,
      limit: POINTS_LIMIT,
      why: 'the same, and what is compiled of what runs often',
    },
    {
      what: 'saved pages, 100 MB, 1,000 points × 10 pages',
      value: large.saved,
      unit,
      limit: pages,
      why: '100 MB once, 1,000 × 10 pages and 1 of the stack, 1 MB for libc and the like',
    },
    {
      what: 'supervisor, same program, all of it',
      value: large.rss,
      unit,
      limit: pages + OWN_LIMIT + POINTS_LIMIT,
      why: 'saved pages and its own',
    },
  ];
}

async function measureHolding(points: number, sizeMb: number): Promise<Footprint> {
  const program = await compileProgram('hold');
  const words = ['--', program, String(points), String(sizeMb), String(PAGES)];
  return measureFootprint(words, SETTLED_MS);
}
