/** The supervisor's I/O thread, for real: worker, socket and log, with the test as its tracer. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod/mini';
import { Connection } from '../../src/client/connection.ts';
import { REQUEST_LINE_MAX_BYTES } from '../../src/protocol/messages.ts';
import { checkpointResultSchema } from '../../src/protocol/records.ts';
import type { FallRecord, SupervisorEvent } from '../../src/protocol/records.ts';
import type { UnknownRecord } from '../../src/protocol/unknown-record.ts';
import { SOCKET_FILE } from '../../src/registry/state-files.ts';
import { SHARED_SUBSCRIBERS, WORKER_CLOSED } from '../../src/desk/messages.ts';
import { WorkerHarness, eventually, makeBase, makeFall } from './worker-harness.ts';

test('a request goes to the tracer with a ring of the bell, and its reply comes back', async () => {
  await using harness = await WorkerHarness.start();
  harness.answer(({ id }) => ({ kind: 'reply', id, result: { cd: 7, pauseUs: 80, pages: 3 } }));
  const connection = await Connection.open(harness.directory);
  const result = await connection.request('checkpoint', { pid: 5 }, checkpointResultSchema);
  connection.close();
  assert.deepEqual(result, { cd: 7, pauseUs: 80, pages: 3 });
  const [message] = harness.messages;
  assert.deepEqual(message, { kind: 'request', id: 1, method: 'checkpoint', params: { pid: 5 } });
  await eventually(() => harness.rings === 1);
});

test("the tracer's errors reach the client with code and hint", async () => {
  await using harness = await WorkerHarness.start();
  const error = { code: 'EBADF', message: 'cannot rewind to point 9: no such point', hint: 'look' };
  harness.answer(({ id }) => ({ kind: 'reply', id, error }));
  const connection = await Connection.open(harness.directory);
  await assert.rejects(connection.request('rewind', { cd: 9 }, z.object({})), error);
  connection.close();
});

test('many clients at a time each get their own answers', async () => {
  await using harness = await WorkerHarness.start();
  harness.answer(({ id, params }) => {
    const result = { cd: params.pid, pauseUs: 0, pages: 0 };
    return { kind: 'reply', id, result };
  });
  const asked = Array.from({ length: 20 }, async (_, index) => {
    const connection = await Connection.open(harness.directory);
    const pids = [index + 1, index + 101];
    const answers = await Promise.all(
      pids.map((pid) => connection.request('checkpoint', { pid }, checkpointResultSchema)),
    );
    connection.close();
    assert.deepEqual(
      answers.map(({ cd }) => cd),
      pids,
    );
  });
  await Promise.all(asked);
});

test('events go to log and subscribers in their order; points only to subscribers', async () => {
  await using harness = await WorkerHarness.start();
  const events: (SupervisorEvent | UnknownRecord)[] = [];
  const connection = await Connection.open(harness.directory, {
    onEvent: (event) => events.push(event),
  });
  await connection.subscribe();
  await eventually(() => Atomics.load(harness.shared, SHARED_SUBSCRIBERS) === 1);
  const point = { cd: 1, origin: 'program', time: 1, tid: 1, threads: 1, pages: 2 } as const;
  const rest = { bytes: 8192, rollbacks: 0, falls: 0, pauseUs: 90.5 };
  harness.post({ kind: 'event', event: { type: 'point', pid: 1, ...point, ...rest } });
  harness.post({ kind: 'event', event: makeFall() });
  harness.post({ kind: 'event', event: { type: 'exit', time: 2, pid: 1, code: 3, signal: null } });
  await eventually(() => events.length === 3);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['point', 'fall', 'exit'],
  );
  await harness.close();
  const types = harness.logLines().map((line) => (line as { type: string }).type);
  assert.deepEqual(types, ['start', 'fall', 'exit']);
});

test('a fall is told by function and mapping', async () => {
  await using harness = await WorkerHarness.start();
  const maps = readFileSync('/proc/self/maps');
  const text = maps.toString().split('\n');
  const libc = text.find((line) => line.includes('r-xp') && line.includes('libc.so.6')) ?? '';
  const start = Number.parseInt(libc, 16);
  const ip = `0x${(start + 0x1000).toString(16)}`;
  const address = `0x${start.toString(16)}`;
  harness.post({ kind: 'event', event: makeFall({ ip, address }), maps });
  await harness.close();
  const fall = harness.logLines()[1] as FallRecord;
  assert.match(fall.where?.path ?? '', /libc\.so\.6$/);
  assert.equal(fall.mapping, libc);
});

test('one tick at a time: the next comes only when the last was seen to', async () => {
  await using harness = await WorkerHarness.start();
  harness.post({ kind: 'every', ms: 5 });
  await eventually(() => harness.messages.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(harness.messages, [{ kind: 'tick' }]);
  harness.post({ kind: 'tick-done', tookMs: 0, processorMs: 0 });
  await eventually(() => harness.messages.length === 2);
  assert.ok(harness.rings >= 1);
});

test('after close the log is complete, the socket is gone and requests are refused', async () => {
  await using harness = await WorkerHarness.start();
  const connection = await Connection.open(harness.directory);
  const asked = connection.request('checkpoint', {}, checkpointResultSchema);
  const refused = assert.rejects(asked, { code: 'ECONNLOST' });
  await eventually(() => harness.messages.length === 1);
  harness.post({ kind: 'event', event: makeFall() });
  await harness.close();
  await refused;
  assert.equal(harness.state, WORKER_CLOSED);
  assert.equal(harness.logLines().length, 2);
  assert.equal(existsSync(join(harness.directory, SOCKET_FILE)), false);
});

test('nonsense is answered with EPROTOCOL, and a line without end with the end', async () => {
  await using harness = await WorkerHarness.start();
  const socket = connect(join(harness.directory, SOCKET_FILE));
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('{"id": 1, "method": "fly"}\nnot json\n');
  await eventually(() => received.split('EPROTOCOL').length === 3);
  socket.write('x'.repeat(REQUEST_LINE_MAX_BYTES + 1));
  await closed;
  assert.match(received, /a line is too long/);
});

test('a directory with a path too long for a socket address works all the same', async () => {
  const parent = makeBase();
  const base = join(parent, 'x'.repeat(150));
  mkdirSync(base, { mode: 0o700 });
  try {
    await using harness = await WorkerHarness.start(base);
    harness.answer(({ id }) => ({ kind: 'reply', id, result: [] }));
    const connection = await Connection.open(harness.directory);
    assert.deepEqual(await connection.request('status', {}, z.array(z.unknown())), []);
    connection.close();
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
