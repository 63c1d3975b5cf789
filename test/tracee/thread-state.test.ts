/** Which states of a thread may follow which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Thread, ThreadGroup } from '../../src/tracee/thread.ts';
import { assertMove, GONE, LISTENING, RUNNING } from '../../src/tracee/thread-state.ts';

const STOPPED = { kind: 'stopped', stop: { kind: 'interrupt' }, isDisplaced: false } as const;

test('a thread is stopped before it is resumed, and says why only then', () => {
  const thread = new Thread(2 ** 22 + 1, new ThreadGroup(2 ** 22 + 1));
  assert.equal(thread.stop, undefined);
  assert.throws(() => {
    thread.resume();
  }, /is running, not stopped/);
  thread.stopFor({ kind: 'group-stop', signo: 19 });
  assert.deepEqual(thread.stop, { kind: 'group-stop', signo: 19 });
  thread.resume();
  assert.equal(thread.state.kind, 'listening');
  assert.equal(thread.stop, undefined);
});

test('calls for us count as a stop, which is left for good when the thread runs', () => {
  const thread = new Thread(2 ** 22 + 1, new ThreadGroup(2 ** 22 + 1));
  assert.throws(() => {
    thread.displace();
  }, /not stopped/);
  thread.stopFor({ kind: 'signal', signo: 11 });
  thread.displace();
  assert.deepEqual([thread.isDisplaced, thread.stop?.kind], [true, 'signal']);
  thread.resume();
  assert.equal(thread.isDisplaced, false);
});

test('no move leads out of the end, and none skips a stop', () => {
  for (const next of [RUNNING, LISTENING, STOPPED]) {
    assert.throws(() => {
      assertMove(1, GONE, next);
    }, /cannot go from gone/);
  }
  assert.throws(() => {
    assertMove(1, LISTENING, RUNNING);
  }, /cannot go from listening to running/);
  assertMove(1, LISTENING, GONE);
});

test('a thread is new until it has left its first stop', () => {
  const thread = new Thread(2 ** 22 + 1, new ThreadGroup(2 ** 22 + 1), true);
  thread.stopFor({ kind: 'interrupt' });
  assert.ok(thread.isNewborn);
  thread.resume();
  assert.ok(!thread.isNewborn);
});
