/**
 * A Node program that destroys itself again and again: ROUNDS FILE; `alone N` just falls.
 *
 * Each round it makes a point, ruins its own memory through koffi, and returns to the point: in
 * turn by tlongjmp and by a real fault. What it had at the point must then be there: objects,
 * timers, promises, another thread, garbage collection, and files by way of libuv's threads.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import koffi from 'koffi';
import { tforget, tlongjmp, tsetjmp } from '../../../src/target.ts';
import type { Point } from '../../../src/target.ts';

const libc = koffi.load('libc.so.6');
const memset = libc.func('void *memset(uint64_t address, int byte, size_t n)');
const abort = libc.func('void abort()');
/** Runs what is at an address: a signal(2) handler that raise(3) calls at once. */
const signal = libc.func('void *signal(int number, uint64_t handler)');
const raise = libc.func('int raise(int number)');

/** What ruins a lock may hang instead of falling: such a program needs somebody who notices. */
const alarm = libc.func('unsigned int alarm(unsigned int seconds)');
const HANG_SECONDS = 20;

const ROUND_BYTES = 16;
const SIGUSR2 = 12;
const FALL_SIGNALS = [4, 5, 6, 7, 11, 14];

declare const gc: () => void;

type Damage = (data: Data) => void;

interface Data {
  readonly table: Map<string, number[]>;
  readonly numbers: Float64Array;
}

function writableMappings(): [bigint, number][] {
  const lines = readFileSync('/proc/self/maps', 'latin1').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [range = '', mode = '', , , inode, name] = line.split(/ +/);
    const [start = 0n, end = 0n] = range.split('-').map((text) => BigInt(`0x${text}`));
    const isWanted = mode.startsWith('rw') && inode === '0' && name !== '[stack]';
    return isWanted ? [[start, Number(end - start)]] : [];
  });
}

const fatal: readonly Damage[] = [
  () => {
    memset(16n, 1, 1);
  },
  () => {
    for (const [address, size] of writableMappings()) memset(address, 0xa5, Math.min(size, 2e6));
  },
  () => {
    signal(SIGUSR2, 4096n);
    raise(SIGUSR2);
  },
  () => {
    abort();
  },
  () => process.abort(),
];

const harmful: readonly Damage[] = [
  ({ table }) => {
    table.clear();
  },
  ({ numbers }) => {
    numbers.fill(-1);
    Array.prototype.map = () => [];
    Promise.prototype.then = () => Promise.reject(new Error('ruined'));
  },
  ({ table }) => {
    for (const value of table.values()) value.length = 0;
    JSON.parse = () => undefined;
    Reflect.deleteProperty(globalThis, 'setTimeout');
  },
];

function ruin(point: Point, round: number, data: Data, fd: number): void {
  writeSync(fd, '?'.repeat(ROUND_BYTES));
  gc();
  alarm(HANG_SECONDS);
  if (round % 2 === 0) {
    harmful[(round / 2) % harmful.length]?.(data);
    tlongjmp(point.cd, round);
  }
  fatal[((round - 1) / 2) % fatal.length]?.(data);
  assert.fail(`round ${round} falls`);
}

function checkCause(point: Point, round: number): void {
  const { cause, value, signo } = point;
  if (round % 2 === 0) assert.deepEqual([cause, value], ['longjmp', round]);
  else assert(cause === 'signal' && FALL_SIGNALS.includes(signo), `cause of round ${round}`);
}

function checkData({ table, numbers }: Data): void {
  assert.equal(table.size, 2000);
  assert.deepEqual(table.get('77'), [77, 77, 77, 77]);
  assert.deepEqual([numbers[0], numbers[9999]], [0, 9999 ** 2]);
  assert.deepEqual(JSON.parse('[1,2]'), [1, 2]);
}

/** What the event loop has to do still, at a point, must be done after it. */
async function doRound(round: number, data: Data, worker: Worker, fd: number): Promise<void> {
  const rung = sleep(2, 'rung');
  const read = readFile('/proc/version', 'latin1');
  const echo = once(worker, 'message');
  worker.postMessage(round);
  const weak = makeGarbage();
  const point = tsetjmp();
  if (point.cause === 'saved') ruin(point, round, data, fd);
  alarm(0);
  checkCause(point, round);
  checkData(data);
  assert(weak.deref() !== undefined, 'what was collected since is back');
  assert.equal(await rung, 'rung');
  assert.match(await read, /^Linux version/);
  assert.deepEqual(await echo, [round]);
  await collectGarbage(weak);
  tforget(point.cd);
  writeSync(fd, `round ${round}`.padEnd(ROUND_BYTES - 1) + '\n');
}

function makeGarbage(): WeakRef<object> {
  return new WeakRef({ filler: new Array<number>(1000).fill(1) });
}

/** Not in the turn that looked at it: a WeakRef keeps what it has shown until then. */
async function collectGarbage(weak: WeakRef<object>): Promise<void> {
  await setImmediate();
  gc();
  assert(weak.deref() === undefined, 'garbage is collected');
}

const ECHO = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (round) => parentPort.postMessage(round));
`;

async function main([first = '', second = '']: readonly string[]): Promise<void> {
  const data = {
    table: new Map(Array.from({ length: 2000 }, (_, key) => [String(key), Array(4).fill(key)])),
    numbers: Float64Array.from({ length: 10_000 }, (_, index) => index ** 2),
  };
  if (first === 'alone') fatal[Number(second)]?.(data);
  const worker = new Worker(ECHO, { eval: true });
  let ticks = 0;
  const interval = setInterval(() => (ticks += 1), 1);
  const fd = openSync(second, 'w');
  for (let round = 0; round < Number(first); round++) await doRound(round, data, worker, fd);
  closeSync(fd);
  clearInterval(interval);
  assert(ticks >= Number(first));
  await worker.terminate();
  await writeFile(`${second}.done`, 'done');
  console.log('ok', first);
}

await main(process.argv.slice(2));
