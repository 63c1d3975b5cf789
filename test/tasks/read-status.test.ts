/** What /proc shows of tasks that are there, of one thread, and of those that have ended. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { listThreads } from '../../src/tasks/list-threads.ts';
import { readStat } from '../../src/tasks/read-stat.ts';
import { readStatus } from '../../src/tasks/read-status.ts';

test('a process and one of its threads', () => {
  const [ours, byName] = [readStatus(process.pid), readStatus('self')];
  assert.equal(ours?.pid, process.pid);
  assert.equal(byName?.pid, process.pid);
  const tids = listThreads(process.pid);
  assert.ok(tids.includes(process.pid));
  const other = tids.find((tid) => tid !== process.pid);
  assert.ok(other !== undefined, 'V8 has threads of its own');
  assert.equal(readStatus(process.pid, other)?.pid, other);
  assert.equal(readStatus(process.pid, other)?.tgid, process.pid);
  const comm = readFileSync(`/proc/self/task/${other}/comm`, 'latin1').trimEnd();
  assert.equal(readStat(process.pid, other)?.comm, comm);
});

test('one that has ended', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'close');
  const pid = child.pid ?? 0;
  assert.deepEqual([readStatus(pid), readStat(pid), listThreads(pid)], [undefined, undefined, []]);
  assert.equal(readStatus(process.pid, pid), undefined);
});
