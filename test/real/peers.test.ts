/**
 * Servers that are put back on a point with their clients connected: those that were idle go on
 * over the same connection, one that had sent something since sees an end, and none hangs.
 */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/index.ts';
import { readStatus } from '../../src/tasks/read-status.ts';
import { listChildren } from '../../src/tasks/list-children.ts';
import { Connection, END, untilListens } from './connection.ts';
import { usePlace } from './place.ts';
import { findFreePort, RedisConnection, socketOf, superviseRedis } from './redis.ts';
import { belay, endAfterTests, until } from './started.ts';

const CLIENTS = 200;
/** Of them those that are in the middle of a request when the worker falls. */
const BUSY = 20;
const FALLS = 3;
const REQUEST = 'GET / HTTP/1.1\r\nHost: there\r\n\r\n';
const PART = REQUEST.slice(0, 20);
const ANSWER = /\r\n\r\n(.*\n)/;

const place = usePlace();

async function openAll(port: number, count: number): Promise<Connection[]> {
  const clients: Connection[] = [];
  while (clients.length < count) {
    const client = await Connection.open(port);
    assert.equal(await client.ask(REQUEST, ANSWER), 'hello\n');
    clients.push(client);
  }
  return clients;
}

/** Has the clients send a part of a request each, until the server has read all of them. */
async function begin(clients: readonly Connection[]): Promise<void> {
  for (const { socket } of clients) {
    await new Promise<void>((resolve) => socket.write(PART, () => resolve()));
  }
  const ports = new Set(clients.map(({ socket }) => socket.localPort));
  await until('the server reads', () => [...ports].every((port) => unreadFrom(port ?? 0) === 0));
}

/** What the server has not read of what came from this port; undefined: there is none such. */
function unreadFrom(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = new RegExp(`^ *\\d+: \\w+:\\w+ \\w+:${hex} 01 \\w+:(\\w+)`, 'm');
  const found = line.exec(readFileSync('/proc/net/tcp', 'latin1'))?.[1];
  return found === undefined ? undefined : Number.parseInt(found, 16);
}

interface Nginx {
  readonly worker: number;
  /** Ends it, with its worker. */
  readonly end: () => Promise<void>;
}

async function superviseNginx(port: number): Promise<Nginx> {
  chmodSync(place, 0o755);
  const configuration = path.join(place, `${port}.conf`);
  const lines = [
    'daemon off; worker_processes 1; error_log stderr crit;',
    `pid ${path.join(place, `${port}.pid`)};`,
    'events { worker_connections 1024; use epoll; }',
    'http { access_log off; keepalive_timeout 600; keepalive_requests 100000;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${path.join(place, name)};`,
    ),
    `server { listen 127.0.0.1:${port}; location / { return 200 "hello\\n"; } } }`,
  ];
  writeFileSync(configuration, lines.join('\n'));
  const args = ['-c', configuration, '-e', 'stderr', '-p', place];
  const supervised = await run('nginx', args, { on: ['SIGSEGV'], stdio: 'ignore' });
  endAfterTests(supervised.pid, supervised.exited);
  const worker = await until('it has a worker', () => listChildren(supervised.pid)[0]);
  await untilListens(port);
  const end = async (): Promise<void> => {
    process.kill(supervised.pid, 'SIGTERM');
    assert.deepEqual(await supervised.exited, { code: 0, signal: null });
  };
  return { worker, end };
}

/** It waits, and goes on waiting: it does not spin. */
async function assertWaits(pid: number): Promise<void> {
  await until('it waits', async () => {
    const before = readWaits(pid);
    await sleep(100);
    return readStatus(pid)?.state === 'sleeping' && readWaits(pid) === before;
  });
}

/** How often it has begun to wait. */
function readWaits(pid: number): string | undefined {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1];
}

describe('nginx', () => {
  test(`goes on with ${CLIENTS - BUSY} of ${CLIENTS} clients, and ends ${BUSY}`, async () => {
    const port = await findFreePort();
    const { worker, end } = await superviseNginx(port);
    let clients = await openAll(port, CLIENTS);
    for (let fall = 1; fall <= FALLS; fall += 1) {
      await belay('checkpoint', String(worker));
      const [busy, idle] = [clients.slice(0, BUSY), clients.slice(BUSY)];
      await begin(busy);
      process.kill(worker, 'SIGSEGV');
      const ends = await Promise.all(busy.map((client) => client.ask('', ANSWER)));
      assert.deepEqual(new Set(ends), new Set([END]));
      const answers = await Promise.all(idle.map((client) => client.ask(REQUEST, ANSWER)));
      assert.deepEqual(new Set(answers), new Set(['hello\n']));
      for (const { socket } of busy) socket.destroy();
      clients = [...idle, ...(await openAll(port, BUSY))];
      await assertWaits(worker);
    }
    const log = await belay('log', String(worker));
    const named = [...log.matchAll(/went since the point are closed: .*, and (\d+) more/g)];
    assert.deepEqual(
      named.map(([, more]) => Number(more)),
      Array.from({ length: FALLS }, () => BUSY - 8),
      log,
    );
    for (const { socket } of clients) socket.destroy();
    await end();
  });
});

describe('redis-server', () => {
  const goOn = async (isLocal: boolean): Promise<void> => {
    const port = await findFreePort();
    const supervised = await superviseRedis(port, place, { on: ['SIGSEGV'] });
    const where = isLocal ? socketOf(port, place) : port;
    const open = (): Promise<RedisConnection> => RedisConnection.open(where);
    const [subscriber, waiting, asking, idle] = [
      await open(),
      await open(),
      await open(),
      await open(),
    ];
    assert.equal(await subscriber.ask('SUBSCRIBE', 'news'), '*3');
    const popped = waiting.ask('BLPOP', 'list', 0);
    await until('it waits', async () => {
      const clients = await idle.ask('INFO', 'clients');
      return clients.includes('blocked_clients:1');
    });
    await supervised.checkpoint();
    assert.equal(await asking.ask('SET', 'key', 'value'), 'OK');
    assert.equal(await asking.ask('DEBUG', 'SEGFAULT'), 'the connection was closed');
    assert.equal(await idle.ask('EXISTS', 'key'), '0');
    assert.equal(await idle.ask('PUBLISH', 'news', 'hello'), '1');
    assert.equal(await idle.ask('RPUSH', 'list', 'value'), '1');
    assert.equal(await popped, '*2');
    assert.deepEqual([subscriber.isClosed, waiting.isClosed, idle.isClosed], [false, false, false]);
    idle.tell('SHUTDOWN', 'NOSAVE');
    assert.deepEqual(await supervised.exited, { code: 0, signal: null });
  };

  test('goes on with who waits for messages, and ends who has asked since the point', () =>
    goOn(false));
  test('does so over a Unix socket', () => goOn(true));
});
