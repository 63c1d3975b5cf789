/**
 * A redis-server on the loopback, and raw connections to it that a test can hold on to.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { run } from '../../src/index.ts';
import type { SuperviseOptions, Supervised } from '../../src/index.ts';
import { endAfterTests, start, until } from './started.ts';
import type { Started } from './started.ts';

export const KEYS = 100_000;

/** One that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}

/** The Unix socket on which it listens, too. */
export function socketOf(port: number, directory: string): string {
  return path.join(directory, `redis-${port}`);
}

export function redisCommand(port: number, directory: string): [string, ...string[]] {
  const loopback = ['--port', String(port), '--bind', '127.0.0.1'];
  const local = ['--unixsocket', socketOf(port, directory)];
  const persistence = ['--save', '', '--appendonly', 'no', '--dir', directory];
  return ['redis-server', ...loopback, ...local, ...persistence, '--enable-debug-command', 'yes'];
}

export function startRedis(port: number, directory: string): Started {
  return start(redisCommand(port, directory));
}

export async function superviseRedis(
  port: number,
  directory: string,
  options: SuperviseOptions,
): Promise<Supervised> {
  const [command, ...args] = redisCommand(port, directory);
  const supervised = await run(command, args, { ...options, stdio: 'ignore' });
  endAfterTests(supervised.pid, supervised.exited);
  return supervised;
}

/** One connection; requests are answered in order. */
export class RedisConnection {
  readonly #socket: net.Socket;
  readonly #waiting: ((reply: string) => void)[] = [];
  #received = '';
  isClosed = false;

  /** Waits until the server is there, and has loaded what it had saved. */
  static async open(where: number | string): Promise<RedisConnection> {
    const socket = await until(`redis listens at ${where}`, () => tryToConnect(where));
    const connection = new RedisConnection(socket);
    await until('redis has loaded its data', async () => (await connection.ask('PING')) === 'PONG');
    return connection;
  }

  private constructor(socket: net.Socket) {
    this.#socket = socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      while (this.#takeReply());
    });
    socket.on('close', () => {
      this.isClosed = true;
      for (const answer of this.#waiting.splice(0)) answer('the connection was closed');
    });
    socket.on('error', () => socket.destroy());
  }

  /** The reply's text; errors begin with a dash. */
  async ask(...words: readonly (string | number)[]): Promise<string> {
    if (this.isClosed) return 'the connection was closed';
    const reply = new Promise<string>((resolve) => this.#waiting.push(resolve));
    this.tell(...words);
    return reply;
  }

  /** Sends a request that will have no answer. */
  tell(...words: readonly (string | number)[]): void {
    this.#socket.write(`${words.join(' ')}\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Simple strings, errors and integers are a line; bulk strings are a length and bytes. */
  #takeReply(): boolean {
    const lineEnd = this.#received.indexOf('\r\n');
    if (lineEnd < 0) return false;
    const line = this.#received.slice(0, lineEnd);
    const start = lineEnd + 2;
    if (!line.startsWith('$')) {
      this.#received = this.#received.slice(start);
      this.#waiting.shift()?.(line.replace(/^[+:]/, ''));
      return true;
    }
    const end = start + Number(line.slice(1));
    if (this.#received.length < end + 2) return false;
    const text = this.#received.slice(start, end);
    this.#received = this.#received.slice(end + 2);
    this.#waiting.shift()?.(text);
    return true;
  }
}

async function tryToConnect(where: number | string): Promise<net.Socket | undefined> {
  const socket = typeof where === 'string' ? net.connect(where) : net.connect(where, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** What the server holds: how many keys, and a digest of all keys and values. */
export async function readContents(connection: RedisConnection): Promise<string[]> {
  return [await connection.ask('DBSIZE'), await connection.ask('DEBUG', 'DIGEST')];
}

/** Fills an empty server with 100,000 keys; what it then holds. */
export async function fill(connection: RedisConnection): Promise<string[]> {
  assert.equal(await connection.ask('DEBUG', 'POPULATE', KEYS), 'OK');
  const contents = await readContents(connection);
  assert.equal(contents[0], String(KEYS));
  return contents;
}
