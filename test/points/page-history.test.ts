/** Page versions over a chain of points, against a model that keeps every point's whole state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PageHistory, type PageDelta } from '../../src/points/page-history.ts';
import { ABSENT } from '../../src/points/page-index.ts';

/** Pages of two chunks, so that the limit between them is crossed. */
const FIRST_PAGE = 508;
const PAGE_COUNT = 8;

interface Write {
  readonly page: number;
  /** Whether the page has content at the point, or is gone. */
  readonly isThere: boolean;
}

type Operation =
  | { readonly kind: 'point'; readonly writes: readonly Write[]; readonly mayRepeat: boolean }
  | { readonly kind: 'undo' }
  | { readonly kind: 'forget'; readonly which: number };

const write = fc.record({
  page: fc.integer({ min: FIRST_PAGE, max: FIRST_PAGE + PAGE_COUNT - 1 }),
  isThere: fc.boolean(),
});
const operations = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('point' as const),
        writes: fc.array(write, { maxLength: PAGE_COUNT }),
        mayRepeat: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('forget' as const), which: fc.nat(20) }),
    },
  ),
  { maxLength: 40 },
);

/** What the history must be like: at each point, the version of each page that has one. */
class Model {
  readonly states: Map<number, number>[] = [];
  readonly deltas: PageDelta[] = [];
  readonly freed = new Set<number>();
  lastSlot = 0;
  readonly history = new PageHistory((slot) => {
    assert.ok(slot > 0 && slot <= this.lastSlot, `version ${slot} was never made`);
    assert.ok(!this.freed.has(slot), `version ${slot} is freed twice`);
    this.freed.add(slot);
  });

  point(writes: readonly Write[], mayRepeat: boolean): void {
    const state = new Map(this.states.at(-1));
    const delta = this.history.begin();
    if (mayRepeat) delta.seen = new Set();
    const done = new Set<number>();
    for (const { page, isThere } of writes) {
      if (done.has(page) && !mayRepeat) continue;
      done.add(page);
      const slot = isThere ? (this.lastSlot += 1) : ABSENT;
      this.history.record(delta, page, slot);
      if (isThere) state.set(page, slot);
      else state.delete(page);
    }
    delta.seen = undefined;
    delta.pack();
    this.states.push(state);
    this.deltas.push(delta);
  }

  /** The oldest point is never undone. */
  undo(): void {
    if (this.states.length < 2) return;
    const newest = this.states.pop();
    this.deltas.pop();
    const touched: number[] = [];
    this.history.undoNewest(touched);
    const oldest = this.states.at(-1);
    for (let page = FIRST_PAGE; page < FIRST_PAGE + PAGE_COUNT; page += 1) {
      const isChanged = newest?.get(page) !== oldest?.get(page);
      assert.ok(!isChanged || touched.includes(page), `page ${page} is not told of`);
    }
  }

  /** The newest point is never forgotten. */
  forget(which: number): void {
    if (this.states.length < 2) return;
    const index = which % (this.states.length - 1);
    const [delta] = this.deltas.splice(index, 1);
    this.states.splice(index, 1);
    if (delta !== undefined) this.history.forget(delta);
  }

  perform(operation: Operation): void {
    if (operation.kind === 'point') this.point(operation.writes, operation.mayRepeat);
    else if (operation.kind === 'undo') this.undo();
    else this.forget(operation.which);
  }

  verify(): void {
    const newest = this.states.at(-1);
    for (let page = FIRST_PAGE; page < FIRST_PAGE + PAGE_COUNT; page += 1) {
      assert.equal(this.history.current.get(page), newest?.get(page) ?? ABSENT, `page ${page}`);
    }
    const needed = new Set(this.states.flatMap((state) => [...state.values()]));
    const kept = Array.from({ length: this.lastSlot }, (_, index) => index + 1).filter(
      (slot) => !this.freed.has(slot),
    );
    assert.deepEqual(
      kept,
      [...needed].sort((a, b) => a - b),
      'versions kept',
    );
    assert.equal(this.history.length, this.states.length);
  }
}

test('every point has its pages, and a version is freed when the last point lets go of it', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const model = new Model();
      for (const operation of list) {
        model.perform(operation);
        model.verify();
      }
    }),
    { numRuns: 1000 },
  );
});

test('after any history, going back point by point finds each of them', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const model = new Model();
      for (const operation of list) model.perform(operation);
      while (model.states.length > 1) {
        model.undo();
        model.verify();
      }
    }),
    { numRuns: 500 },
  );
});

test('with the only point that is left all versions go, whoever has made them', () => {
  fc.assert(
    fc.property(operations, fc.boolean(), (list, isForgotten) => {
      const model = new Model();
      for (const operation of list) model.perform(operation);
      while (model.states.length > 1) {
        if (isForgotten) model.forget(0);
        else model.undo();
      }
      model.history.undoNewest([]);
      model.states.length = 0;
      model.verify();
    }),
    { numRuns: 500 },
  );
});

test('the newest point cannot be forgotten', () => {
  const history = new PageHistory(() => undefined);
  const delta = history.begin();
  assert.throws(() => {
    history.forget(delta);
  }, RangeError);
});
