/** The integer of waitpid(2) as a named stop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWaitStatus, type Stop } from '../../src/sys/wait.ts';

const SIGTRAP = 5;
const SIGNALS = Array.from({ length: 64 }, (_, index) => index + 1);

function stopped(signo: number, event = 0): Stop {
  return parseWaitStatus(((event << 16) | (signo << 8) | 0x7f) >>> 0);
}

test('exits and deaths', () => {
  for (let code = 0; code < 256; code += 1) {
    assert.deepEqual(parseWaitStatus(code << 8), { kind: 'exited', code });
  }
  for (const signo of SIGNALS) {
    assert.deepEqual(parseWaitStatus(signo), { kind: 'killed', signo, core: false });
    assert.deepEqual(parseWaitStatus(signo | 0x80), { kind: 'killed', signo, core: true });
  }
});

test('signals about to be delivered, and system calls', () => {
  for (const signo of SIGNALS) assert.deepEqual(stopped(signo), { kind: 'signal', signo });
  assert.deepEqual(stopped(SIGTRAP | 0x80), { kind: 'syscall' });
});

test('stops of the tracer’s own, and group stops', () => {
  const PTRACE_EVENT_STOP = 128;
  assert.deepEqual(stopped(SIGTRAP, PTRACE_EVENT_STOP), { kind: 'interrupt' });
  for (const signo of [19, 20, 21, 22]) {
    assert.deepEqual(stopped(signo, PTRACE_EVENT_STOP), { kind: 'group-stop', signo });
  }
});

test('events', () => {
  const kinds = ['fork', 'vfork', 'clone', 'exec', 'vfork-done', 'exit', 'seccomp'];
  kinds.forEach((kind, index) => {
    assert.deepEqual(stopped(SIGTRAP, index + 1), { kind });
  });
});
