/** The clock of `--every`: how long the program is left alone between two points. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ticker } from '../../src/desk/ticker.ts';

const WAIT_MS = 200;

/** Which comes first behind a tick that was seen to after WAIT_MS: a moment later, or the next. */
async function firstBehind(tookMs: number): Promise<string> {
  const order: string[] = [];
  const ticker: Ticker = new Ticker(() => {
    order.push('tick');
  });
  ticker.start(1);
  while (order.length === 0) await sleep(1);
  await sleep(WAIT_MS);
  ticker.done(tookMs);
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
