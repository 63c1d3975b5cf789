/** A storm of falls: what the tracer sends is bounded; what finds no room is counted and told. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { readLog } from '../../src/client/log-reader.ts';
import type { LogEntry } from '../../src/client/log-tail.ts';
import { WorkerLink } from '../../src/desk/worker-link.ts';
import { createStateDirectory } from '../../src/registry/state-directory.ts';
import { makeBase, makeFall, ownSupervisorFile } from './worker-harness.ts';

/** Chosen: what fits into a log without rotation, whoever is faster. */
const FALLS = 30_000;
const MAPS = Buffer.alloc(40_000, '7f0000000000-7f0000001000 r--p 00000000 00:00 0\n');
/** Chosen: a quarter of the maps of all falls. */
const GROWTH_MAX_BYTES = 300 << 20;

/** A link to a real worker, and what to read when it is closed. */
function open(t: TestContext): { link: WorkerLink; read: () => LogEntry[] } {
  const base = makeBase();
  const bell = spawn('sleep', ['600']);
  t.after(() => {
    bell.kill('SIGKILL');
    rmSync(base, { recursive: true, force: true });
  });
  const file = ownSupervisorFile();
  const directory = createStateDirectory(file, { path: base, uid: file.uid });
  const { pid, version } = file;
  const start = {
    type: 'start',
    time: 1,
    pid,
    supervisorPid: pid,
    command: ['x'],
    version,
  } as const;
  const link = new WorkerLink(directory, bell.pid ?? 0, { ...start, command: ['x'] });
  return { link, read: () => [...readLog(directory)] };
}

test('falls that come faster than they can be written are counted, and take no memory', (t) => {
  const { link, read } = open(t);
  const before = process.memoryUsage().rss;
  for (let cd = 1; cd <= FALLS; cd += 1) link.tell(makeFall({ cd, time: cd, us: 0 }), MAPS);
  const grown = process.memoryUsage().rss - before;
  link.tell({ type: 'exit', time: FALLS + 1, pid: process.pid, code: 0, signal: null });
  link.close();
  const records = read();
  const cds = records.flatMap((record) => (record.type === 'fall' ? [record.cd] : []));
  const lost = records.filter((record) => record.type === 'lost');
  const lostCount = lost.reduce((sum, { count }) => sum + count, 0);
  assert.equal(cds.length + lostCount, FALLS);
  for (const { reason } of lost) assert.match(reason, /faster than they could be written/);
  assert.deepEqual(
    cds,
    cds.toSorted((left, right) => left - right),
  );
  assert.ok(records.some(({ type }) => type === 'exit'));
  assert.ok(grown < GROWTH_MAX_BYTES, `grown by ${grown >> 20} MB`);
});

test('maps larger than what may be under way are not sent, and the record says so', (t) => {
  const { link, read } = open(t);
  link.tell(makeFall(), Buffer.alloc(5 << 20, 'x'));
  link.close();
  const fall = read().find((record) => record.type === 'fall');
  assert.match(fall?.unnamed ?? '', /too many mappings/);
});

test('what the worker has no time for is written once, and says what it lacks', (t) => {
  for (const patienceMs of [0, 1, 5, 20, 80, 320]) {
    const { link, read } = open(t);
    const maps = readFileSync('/proc/self/maps');
    const ip = `0x${maps.toString('latin1').split('-', 1)[0] ?? ''}`;
    for (let cd = 1; cd <= 20; cd += 1) link.tell(makeFall({ cd, ip }), maps);
    link.tell({ type: 'exit', time: 2, pid: process.pid, code: 0, signal: null });
    assert.equal(link.close(patienceMs), 0);
    const records = read();
    const falls = records.filter((record) => record.type === 'fall');
    const cds = falls.map(({ cd }) => cd).toSorted((left, right) => left - right);
    assert.deepEqual(
      cds,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    assert.equal(records.filter(({ type }) => type === 'exit').length, 1);
    for (const { where, unnamed } of falls) assert.ok(where !== undefined || unnamed !== undefined);
  }
});
