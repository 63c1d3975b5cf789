/** fdinfo of an io_uring, as the kernel writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRegisteredBuffers } from '../../src/procfs/io-uring.ts';

test('registered buffers are read, in whole pages', () => {
  const text = [
    'SqThread:\t-1',
    'UserFiles:\t1',
    '    0: /tmp/a',
    'UserBufs:\t2',
    '    0: 0x7ff6f4199000/16384',
    '    1: 0x1f80/256',
    'PollList:',
    '    0: 0x5000/4096',
    '',
  ].join('\n');
  assert.deepEqual(parseRegisteredBuffers(text), [
    { start: 0x7ff6f4199000, end: 0x7ff6f419d000 },
    { start: 0x1000, end: 0x3000 },
  ]);
});

test('without buffers there are none', () => {
  assert.deepEqual(parseRegisteredBuffers('pos:\t0\n'), []);
  assert.deepEqual(parseRegisteredBuffers('UserBufs:\t0\nPollList:\n'), []);
});
