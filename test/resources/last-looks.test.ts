/** What a thread looked like last, against the state that was made of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastLooks } from '../../src/resources/threads/last-looks.ts';

const SIZE = 256;

test('only the very state is like the bytes that it was made of, all of them', () => {
  const looks = new LastLooks<{ readonly tid: number }>();
  const [state, copy] = [{ tid: 1 }, { tid: 1 }];
  const bytes = Buffer.alloc(2 * SIZE, 7);
  assert.equal(looks.isLike(state, bytes, SIZE), false);
  assert.equal(looks.note(state, bytes, SIZE), state);
  assert.equal(looks.isLike(state, bytes, SIZE), true);
  assert.equal(looks.isLike(copy, bytes, SIZE), false);
  assert.equal(looks.isLike(state, bytes, SIZE - 8), false);
  assert.equal(looks.isLike(state, bytes, SIZE + 8), false);
  bytes[SIZE - 1] = 8;
  assert.equal(looks.isLike(state, bytes, SIZE), false);
  bytes[SIZE - 1] = 7;
  looks.forget(1);
  assert.equal(looks.isLike(state, bytes, SIZE), false);
});

test('what is too large to be remembered, or one too many, is like nothing', () => {
  const looks = new LastLooks<{ readonly tid: number }>();
  const bytes = Buffer.alloc(16384);
  const states = Array.from({ length: 300 }, (_, tid) => looks.note({ tid }, bytes, SIZE));
  const known = states.filter((state) => looks.isLike(state, bytes, SIZE));
  assert.ok(known.length > 0 && known.length < states.length);
  const [first = { tid: -1 }] = states;
  looks.note(first, bytes, bytes.length);
  assert.equal(looks.isLike(first, bytes, bytes.length), false);
  assert.equal(looks.isLike(first, bytes, SIZE), false);
});
