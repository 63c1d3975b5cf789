/** What belay costs an unmodified redis-server under redis-benchmark. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN_BELAY } from '../test/support/paths.ts';
import { runProcess } from '../test/support/run-process.ts';
import type { Finding } from './finding.ts';
import { median } from './statistics.ts';

/** Chosen: each server for about a second and a half a turn, one after the other. */
const TURNS = 5;
const CONNECT_TRIES = 500;
const CONNECT_PAUSE_MS = 10;
const STEADY_LIMIT_PERCENT = 2;
const EVERY_LIMIT_PERCENT = 5;

const LOADS = [
  { name: '-P 1', pipeline: 1, requests: 60_000 },
  { name: '-P 16', pipeline: 16, requests: 400_000 },
] as const;
type Load = (typeof LOADS)[number]['name'];
type Rates = Record<Load, number>;

const VARIANTS = {
  alone: undefined,
  steady: ['run', '--'],
  every: ['run', '--every', '10', '--'],
} as const;
type Variant = keyof typeof VARIANTS;

export async function measureRedis(): Promise<Finding[]> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-bench-'));
  const rates: Record<Variant, Rates[]> = { alone: [], steady: [], every: [] };
  try {
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const variant of Object.keys(VARIANTS) as Variant[]) {
        rates[variant].push(await measureServer(variant, directory));
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return LOADS.flatMap(({ name }) => {
    const alone = rates.alone.map((each) => each[name]);
    const steady = lossPercent(alone, rates.steady, name);
    const every = lossPercent(alone, rates.every, name);
    return [
      {
        what: `redis-benchmark ${name}, slower by`,
        value: steady,
        unit: 'percent',
        limit: STEADY_LIMIT_PERCENT,
        why: `no point made; ${Math.round(median(alone))} requests a second alone`,
      },
      {
        what: `redis-benchmark ${name}, --every 10, slower by`,
        value: every,
        unit: 'percent',
        limit: EVERY_LIMIT_PERCENT,
        why: 'every 10 ms some 0.3 ms: a stop, and the pages written since',
      },
    ];
  });
}

/** The median of the turns: neighbours in time are compared, for the machine is never alone. */
function lossPercent(alone: readonly number[], others: readonly Rates[], load: Load): number {
  return median(others.map((other, turn) => (1 - other[load] / (alone[turn] ?? 0)) * 100));
}

async function measureServer(variant: Variant, directory: string): Promise<Rates> {
  const port = await findPort();
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const words = ['redis-server', '--port', String(port), ...options];
  const belay = VARIANTS[variant];
  const [file = '', ...args] = belay === undefined ? words : [BIN_BELAY, ...belay, ...words];
  const server = spawn(file, args, { cwd: directory, stdio: 'ignore' });
  const exited = once(server, 'exit');
  try {
    await waitForPort(port);
    await benchmark(port, 16, 50_000);
    const rates: Rates = { '-P 1': 0, '-P 16': 0 };
    for (const { name, pipeline, requests } of LOADS) {
      rates[name] = await benchmark(port, pipeline, requests);
    }
    return rates;
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
}

/** Requests a second, SET and GET in equal parts. */
async function benchmark(port: number, pipeline: number, requests: number): Promise<number> {
  const options = ['-p', port, '-P', pipeline, '-n', requests, '-t', 'set,get', '--csv'];
  const { stdout, stderr } = await runProcess(['redis-benchmark', ...options.map(String)]);
  const rates = [...stdout.matchAll(/^"[SG]ET","([\d.]+)"/gm)].map((match) => Number(match[1]));
  if (rates.length !== 2) throw new Error(`cannot read redis-benchmark: ${stderr}${stdout}`);
  return 2 / rates.reduce((seconds, rate) => seconds + 1 / rate, 0);
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('cannot find a free port');
  return address.port;
}

async function waitForPort(port: number): Promise<void> {
  for (let tries = 0; tries < CONNECT_TRIES; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isUp) return;
    await sleep(CONNECT_PAUSE_MS);
  }
  throw new Error(`cannot reach redis-server on port ${port}`);
}
