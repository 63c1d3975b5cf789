/** The tracer's alarm, which ends its waits and nothing that it does between them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { close, openOrThrow, O_RDWR } from '../../src/sys/file.ts';
import { setAlarm } from '../../src/sys/itimer.ts';
import { NativeBuffer } from '../../src/sys/libc.ts';
import { openPipe, writePipe } from '../../src/sys/pipe.ts';
import { splice } from '../../src/sys/splice.ts';
import { waitpidAny } from '../../src/sys/wait.ts';

const ALL = 1 << 20;
/** In each millisecond the alarm goes off once. */
const ROUNDS = 300;

test('bytes go from pipe to pipe, whatever goes off meanwhile', () => {
  const { readEnd, writeEnd } = openPipe();
  const nothing = openOrThrow('/dev/null', O_RDWR);
  const byte = new NativeBuffer(1);
  setAlarm(1);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const startMs = performance.now();
      while (performance.now() - startMs < 1) {
        assert.equal(writePipe(writeEnd, byte.address, 1), 1);
        assert.equal(splice(readEnd, nothing, ALL), 1);
      }
    }
  } finally {
    setAlarm(0);
    for (const fd of [readEnd, writeEnd, nothing]) close(fd);
  }
});

test('a wait ends by it, also by one that went off before', async () => {
  const child = spawn('sleep', ['60']);
  const exited = once(child, 'exit');
  try {
    for (const afterMs of [0.1, 20]) {
      setAlarm(afterMs);
      const startMs = performance.now();
      while (performance.now() - startMs < 10);
      assert.equal(waitpidAny(), -1);
      setAlarm(0);
    }
  } finally {
    setAlarm(0);
    child.kill('SIGKILL');
    await exited;
  }
});
