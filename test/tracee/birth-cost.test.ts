/** What is kept of a child that is forked for one task, and ends without having been looked at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TargetMemory } from '../../src/tracee/target-memory.ts';
import { Thread, ThreadGroup } from '../../src/tracee/thread.ts';

const CHILDREN = 200;
/** Chosen: some objects, none of them a buffer. */
const NATIVE_MAX_BYTES_EACH = 64;

test('no memory outside the heap is taken for a child that nobody looks at', () => {
  const before = process.memoryUsage().arrayBuffers;
  const kept = Array.from({ length: CHILDREN }, (_, index) => {
    const group = new ThreadGroup(2 ** 22 + index);
    const thread = new Thread(group.pid, group, true);
    thread.stopFor({ kind: 'interrupt' });
    thread.resume();
    thread.leave();
    return { thread, memory: new TargetMemory(group) };
  });
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < kept.length * NATIVE_MAX_BYTES_EACH, `${grown} bytes`);
});
