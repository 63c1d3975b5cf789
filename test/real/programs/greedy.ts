/**
 * A Node program that asks for more than its heap may hold; put back, it takes the frugal way.
 *
 * Run it with a small --max-old-space-size.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { tforget, tsetjmp } from '../../../src/target.ts';

const FALLS = 10;
const PIECES = 10_000;

/** Keeps every piece: far more than the heap's limit. */
function sumGreedily(): number {
  const pieces = [];
  for (;;) pieces.push(new Array<number>(PIECES).fill(pieces.length));
}

function sumFrugally(): number {
  let sum = 0;
  for (let piece = 0; piece < PIECES; piece++) sum += piece;
  return sum;
}

/** `alone`: the greedy way without a point. */
if (process.argv[2] === 'alone') sumGreedily();
let sum = 0;
for (let fall = 0; fall < FALLS; fall++) {
  const rung = sleep(1, 'rung');
  const point = tsetjmp();
  sum += point.cause === 'saved' ? sumGreedily() : sumFrugally();
  assert.equal(point.cause, 'signal');
  assert.equal(await rung, 'rung');
  tforget(point.cd);
}
console.log('ok', sum / FALLS);
