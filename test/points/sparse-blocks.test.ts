/** What a thread's extended state is kept as: exact, small, and shared where it is the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SparseBlocks } from '../../src/resources/threads/sparse-blocks.ts';

const WORDS_PER_BLOCK = 16;
/** Of an XSAVE area without AMX, and of one with it. */
const SIZES = [43, 172].map((blocks) => blocks * WORDS_PER_BLOCK);
const START = 64;

function unpack(packed: Uint8Array, size: number): number[] {
  const words = new Uint32Array(START + size);
  new SparseBlocks().unpack(packed, words, START);
  return [...words.subarray(START)];
}

test('any words come back as they were', () => {
  const word = fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.nat({ max: 0xffffffff }));
  const area = fc
    .constantFrom(...SIZES)
    .chain((size) => fc.array(word, { minLength: size, maxLength: size }));
  fc.assert(
    fc.property(area, area, (one, other) => {
      const blocks = new SparseBlocks();
      const [first, second] = [one, other].map((words) => {
        const buffer = Uint32Array.from([...Array<number>(START).fill(7), ...words]);
        return blocks.pack(buffer, START, buffer.length, undefined);
      });
      assert.deepEqual(unpack(first ?? assert.fail(), one.length), one);
      assert.deepEqual(unpack(second ?? assert.fail(), other.length), other);
    }),
  );
});

test('the same again is the same object, and takes no room', () => {
  const blocks = new SparseBlocks();
  const words = new Uint32Array(SIZES[0] ?? 0);
  words[3] = 1;
  words[680] = 0x80000000;
  const first = blocks.pack(words, 0, words.length, undefined);
  assert.equal(first.length, 32 + 2 * 64);
  assert.equal(blocks.pack(words, 0, words.length, first), first);
  words[4] = 1;
  const second = blocks.pack(words, 0, words.length, first);
  assert.notEqual(second, first);
  assert.equal(blocks.pack(words, 0, words.length, second), second);
  words[4] = 0;
  assert.deepEqual(blocks.pack(words, 0, words.length, second), first);
});
