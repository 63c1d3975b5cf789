/**
 * Servers with many threads that fall while clients ask without a pause: each client is answered or
 * sees an end, connects again and is answered; who was idle goes on over the same connection.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../../src/index.ts';
import { Connection, END, untilListens } from './connection.ts';
import { usePlace } from './place.ts';
import { findFreePort } from './redis.ts';
import { belay, endAfterTests, until } from './started.ts';

const CLIENTS = 20;
const IDLE = 10;
const FALLS = 5;

const place = usePlace();

const SERVER = path.join(import.meta.dirname, 'programs/answering.ts');

interface Question {
  readonly request: string;
  /** Its first group is what is answered. */
  readonly answer: RegExp;
  readonly expected: string;
}

const HELLO: Question = {
  request: 'GET / HTTP/1.1\r\nHost: there\r\n\r\n',
  answer: /\r\n\r\n(hello\n)$/,
  expected: 'hello\n',
};

/** Clients that ask the same again and again, and connect again when they see an end. */
class Load {
  readonly #port: number;
  readonly #question: Question;
  readonly #answered: number[] = [];
  readonly #loops: Promise<void>[] = [];
  #isOver = false;

  constructor(port: number, question: Question) {
    this.#port = port;
    this.#question = question;
    for (let index = 0; index < CLIENTS; index += 1) this.#loops.push(this.#ask(index));
  }

  /** Each of the clients has been answered so often from now on. */
  async answered(count: number): Promise<void> {
    const wanted = this.#answered.map((each) => each + count);
    await until(`${CLIENTS} clients are answered`, () =>
      wanted.every((least, index) => (this.#answered[index] ?? 0) >= least),
    );
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #ask(index: number): Promise<void> {
    const { request, answer, expected } = this.#question;
    this.#answered[index] = 0;
    let connection = await Connection.open(this.#port);
    while (!this.#isOver) {
      const found = await connection.ask(request, answer);
      if (found === expected) this.#answered[index] += 1;
      else {
        // Of an answer a part may have come before the end.
        assert.match(found, /^end/);
        connection.socket.destroy();
        connection = await Connection.open(this.#port);
      }
    }
    connection.socket.destroy();
  }
}

async function supervise(command: string, args: readonly string[], port: number) {
  const supervised = await run(command, args, { on: ['SIGSEGV'], retries: 2, stdio: 'ignore' });
  endAfterTests(supervised.pid, supervised.exited);
  await untilListens(port);
  return supervised;
}

/** Falls under the load, with some who are idle. */
async function fallUnderLoad(pid: number, port: number, question: Question): Promise<void> {
  const { request, answer, expected } = question;
  const idle: Connection[] = [];
  while (idle.length < IDLE) {
    const connection = await Connection.open(port);
    assert.equal(await connection.ask(request, answer), expected);
    idle.push(connection);
  }
  const load = new Load(port, question);
  await load.answered(1);
  for (let fall = 1; fall <= FALLS; fall += 1) {
    await belay('checkpoint', String(pid));
    await load.answered(1);
    process.kill(pid, 'SIGSEGV');
    await load.answered(2);
    assert.deepEqual(
      idle.map(({ hasEnded }) => hasEnded),
      idle.map(() => false),
      await belay('log', String(pid)),
    );
  }
  await load.end();
  const last = await Promise.all(idle.map((each) => each.ask(request, answer)));
  assert.deepEqual(new Set(last), new Set([expected]));
  for (const { socket } of idle) socket.destroy();
  const log = await belay('log', String(pid));
  assert.equal(log.match(/ fell: /g)?.length, FALLS, log);
}

describe('memcached', () => {
  test('its threads go on with idle clients, and none that asks waits for ever', async () => {
    const port = await findFreePort();
    const args = ['-u', 'root', '-l', '127.0.0.1', '-p', String(port), '-U', '0', '-t', '4'];
    const supervised = await supervise('memcached', args, port);
    const client = await Connection.open(port);
    const store = (key: string): Promise<string> =>
      client.ask(`set ${key} 0 0 5\r\nvalue\r\n`, /^(STORED)\r\n$/);
    assert.equal(await store('before'), 'STORED');
    const question = {
      request: 'get before\r\n',
      answer: /^VALUE before 0 5\r\n(value)\r\nEND\r\n$/,
      expected: 'value',
    };
    await fallUnderLoad(supervised.pid, port, question);
    await belay('checkpoint', String(supervised.pid));
    assert.equal(await store('since'), 'STORED');
    process.kill(supervised.pid, 'SIGSEGV');
    assert.equal(await client.ask('', /^(.*)\r\n$/), END);
    const again = await Connection.open(port);
    assert.equal(await again.ask('get since\r\n', /^(END)\r\n$/), 'END');
    assert.equal(await again.ask(question.request, question.answer), 'value');
    again.socket.destroy();
    process.kill(supervised.pid, 'SIGTERM');
    assert.deepEqual(await supervised.exited, { code: 0, signal: null });
  });
});

describe('haproxy', () => {
  test('clients of both sides go on, or see an end', async () => {
    const server = http.createServer((_request, response) => {
      response.end('hello\n');
    });
    server.keepAliveTimeout = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    const port = await findFreePort();
    const configuration = path.join(place, 'haproxy.cfg');
    const lines = [
      'global',
      '  nbthread 2',
      'defaults',
      '  mode http',
      '  timeout connect 60s',
      '  timeout client 600s',
      '  timeout server 600s',
      'listen all',
      `  bind 127.0.0.1:${port}`,
      `  server one 127.0.0.1:${address.port}`,
    ];
    writeFileSync(configuration, `${lines.join('\n')}\n`);
    const supervised = await supervise('haproxy', ['-db', '-q', '-f', configuration], port);
    await fallUnderLoad(supervised.pid, port, HELLO);
    process.kill(supervised.pid, 'SIGTERM');
    await supervised.exited;
  });
});

describe('a server of Node', () => {
  test('its loop goes on with idle clients, and none that asks waits for ever', async () => {
    const port = await findFreePort();
    const supervised = await supervise(process.execPath, [SERVER, String(port)], port);
    await fallUnderLoad(supervised.pid, port, HELLO);
    process.kill(supervised.pid, 'SIGTERM');
    assert.deepEqual(await supervised.exited, { code: null, signal: 'SIGTERM' });
  });
});
