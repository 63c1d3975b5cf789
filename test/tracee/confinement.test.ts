/** Whether a thread is confined, where /proc cannot tell. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { RLIMIT_NOFILE, readOwnLimit, setOwnLimit } from '../../src/sys/prlimit.ts';
import { Confinement } from '../../src/tracee/confinement.ts';
import type { Thread } from '../../src/tracee/thread.ts';

/** As far as is looked at: it is not traced, so nothing can be suspended for it. */
function threadOf(pid: number): Thread {
  return { tid: pid, group: { pid, filterCount: 0 } } as unknown as Thread;
}

/** What `action` returns when no descriptor can be opened. */
function withoutDescriptors<T>(action: () => T): T {
  const before = readOwnLimit(RLIMIT_NOFILE);
  assert.ok(setOwnLimit(RLIMIT_NOFILE, { ...before, soft: 0 }));
  try {
    return action();
  } finally {
    setOwnLimit(RLIMIT_NOFILE, before);
  }
}

test('a thread whose status cannot be read makes no calls', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const confinement = new Confinement();
  const thread = threadOf(child.pid ?? 0);
  const mode = confinement.whyConfined(thread);
  assert.equal(mode, undefined, 'this test runs where no filter is given that is not known');
  const why = withoutDescriptors(() => confinement.whyConfined(thread));
  assert.equal(why, 'its status cannot be read');
  child.stdin.end();
  await once(child, 'close');
  assert.equal(confinement.whyConfined(thread), undefined, 'it has ended: nothing confines it');
});
