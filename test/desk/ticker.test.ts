/** The clock of `--every`: how long the program is left alone between two points. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ticker } from '../../src/desk/ticker.ts';

const WAIT_MS = 200;
/** As the ticker has it. */
const SAVED_MS = 100;

/** Which comes first behind a tick that was seen to after WAIT_MS: a moment later, or the next. */
async function firstBehind(tookMs: number, processorMs = 0): Promise<string> {
  const order: string[] = [];
  const ticker: Ticker = new Ticker(() => {
    order.push('tick');
  });
  ticker.start(1);
  while (order.length === 0) await sleep(1);
  await sleep(WAIT_MS);
  ticker.done(tookMs, processorMs);
  // Timers of one loop come in their order, however busy the machine is.
  await sleep(2 * WAIT_MS);
  order.push('moment');
  ticker.start(0);
  return order[1] ?? '';
}

test('a point that was quick, but waited for its turn, does not put the next one off', async () => {
  assert.equal(await firstBehind(0), 'tick');
});

test('one that had the program stopped for long does', async () => {
  assert.equal(await firstBehind(WAIT_MS), 'moment');
});

test('one that took more of a processor than has been saved does, too', async () => {
  assert.equal(await firstBehind(0, SAVED_MS + WAIT_MS), 'moment');
});

test('one that took less does not: the first of a program take longer', async () => {
  assert.equal(await firstBehind(0, SAVED_MS / 2), 'tick');
});
