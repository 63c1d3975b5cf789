/**
 * Random requests at the socket of a real supervisor, by clients of every kind of bad manners.
 *
 * Promises that are checked: every line of a client that reads is answered, in its order; whatever
 * the others do, the owner is answered soon; and the supervisor's memory stays within a bound.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Random } from '../real/random.ts';
import { RandomLines } from './random-line.ts';

/** Chosen: what Node's own heap grows to before it collects, several times over. */
const GROWTH_MAX_MB = 100;
/** Chosen: an idle machine answers within 2 ms. */
const ANSWER_MAX_MS = 5000;
const LINES_MAX = 200;
const CHECK_EVERY = 10_000;
/** Chosen: neighbours for whoever is being served. */
const AT_A_TIME = 8;

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  readonly socketPath: string;
  /** The supervised program. */
  readonly pid: number;
  readonly supervisorPid: number;
  readonly onProgress?: (text: string) => void;
}

type Manner = 'reads' | 'cuts' | 'never-ends' | 'leaves' | 'does-not-read' | 'trickles';
const MANNERS: readonly Manner[] = [
  ...Array.from({ length: 5 }, (): Manner => 'reads'),
  'cuts',
  'never-ends',
  'leaves',
  'does-not-read',
  'trickles',
];

/** Sends about `count` lines; throws when a promise is broken. */
export async function fuzzSocket(options: FuzzOptions): Promise<void> {
  const random = new Random(options.seed);
  const lines = new RandomLines(random, options.pid);
  const atFirstMb = residentMb(options.supervisorPid);
  const idle: Socket[] = [];
  let sent = 0;
  let nextCheck = 0;
  while (sent < options.count) {
    const visits = Array.from({ length: AT_A_TIME }, () => {
      const manner = MANNERS[random.below(MANNERS.length)] ?? 'reads';
      const batch = Array.from({ length: 1 + random.below(LINES_MAX) }, () => lines.next());
      sent += batch.length;
      return visit(options.socketPath, manner, batch, idle);
    });
    await Promise.all(visits);
    if (sent < nextCheck) continue;
    nextCheck = sent + CHECK_EVERY;
    const ms = await askStatus(options.socketPath);
    const grownMb = residentMb(options.supervisorPid) - atFirstMb;
    options.onProgress?.(`${sent} lines: status in ${ms} ms, grown by ${grownMb} MB`);
    assert(ms < ANSWER_MAX_MS, `status took ${ms} ms after ${sent} lines`);
    assert(grownMb < GROWTH_MAX_MB, `grown by ${grownMb} MB after ${sent} lines`);
  }
  for (const socket of idle) socket.destroy();
}

async function visit(
  path: string,
  manner: Manner,
  batch: readonly Buffer[],
  idle: Socket[],
): Promise<void> {
  const socket = connect(path);
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  const all = Buffer.concat(batch);
  switch (manner) {
    case 'reads': {
      const count = await readAnswers(socket, all, closed);
      if (socket.errored === null) assert.equal(count, batch.length, 'every line is answered');
      return;
    }
    case 'cuts':
      socket.end(all.subarray(0, all.length >> 1));
      socket.resume();
      return closed;
    case 'never-ends':
      socket.write(Buffer.concat([all, Buffer.alloc(100_000, 'x')]));
      socket.resume();
      return closed;
    case 'leaves':
      socket.write(all, () => socket.destroy());
      return closed;
    case 'does-not-read':
      socket.write(all);
      idle.push(socket);
      return;
    case 'trickles':
      await once(socket, 'connect').catch(() => undefined);
      for (const byte of all.subarray(0, 20)) socket.write(Buffer.from([byte]));
      idle.push(socket);
      return;
  }
}

/** Sends all, says that it is done, and counts the answers, without hello and events. */
async function readAnswers(socket: Socket, all: Buffer, closed: Promise<void>): Promise<number> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.end(all);
  await closed;
  const [hello = '', ...rest] = Buffer.concat(chunks).toString('utf8').split('\n');
  assert.match(hello, /^\{"belay":1,/, `no greeting: ${String(socket.errored)}`);
  return rest.filter((line) => line.startsWith('{"id":')).length;
}

/** How long the owner waits for an answer, in milliseconds. */
async function askStatus(path: string): Promise<number> {
  const startedAt = performance.now();
  const socket = connect(path);
  socket.setTimeout(ANSWER_MAX_MS * 2, () => socket.destroy(new Error('no answer')));
  socket.write('{"id":4711,"method":"status"}\n');
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    if (received.includes('{"id":4711,"result":[{"pid":')) break;
  }
  assert(received.includes('"result"'), `no status: ${received.slice(0, 200)}`);
  return Math.round(performance.now() - startedAt);
}

export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) >> 10;
}
