/** A supervisor gives back what only its start has needed, and works as before. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BIN_BELAY } from '../support/paths.ts';
import { belay, start, until } from './started.ts';

function readKb(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
}

/** Of a supervisor: what is resident of files, until a third of the most there was is gone. */
async function awaitGivenBack(supervisorPid: number): Promise<void> {
  let most = 0;
  await until('memory given back', () => {
    const now = readKb(supervisorPid, 'RssFile');
    most = Math.max(most, now);
    return now < (most * 2) / 3;
  });
}

test('of a program that was run', async () => {
  const { pid, child } = start([BIN_BELAY, 'run', '--', 'sleep', '1000'], { stdio: 'ignore' });
  const supervisorPid = await until('a tracer', () => readKb(pid, 'TracerPid') || undefined);
  await awaitGivenBack(supervisorPid);
  await belay('checkpoint', String(pid));
  await belay('rewind', String(pid));
  assert.equal(readKb(pid, 'TracerPid'), supervisorPid);
  child.kill('SIGKILL');
});

test('of one that is attached to', async () => {
  const { pid, child } = start(['sleep', '1000'], { stdio: 'ignore' });
  await belay('attach', String(pid));
  await awaitGivenBack(readKb(pid, 'TracerPid'));
  await belay('checkpoint', String(pid));
  await belay('rewind', String(pid));
  child.kill('SIGKILL');
});
