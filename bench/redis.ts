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
import { readTicks } from './processor-time.ts';
import { readStatus } from './program.ts';
import { median } from './statistics.ts';

/** Chosen: many short turns, all servers in each, for the machine is never quiet. */
const TURNS = 8;
/** Others on the machine only ever slow a turn down: the fastest quarter is the least disturbed. */
const FASTEST = 4;
const CONNECT_TRIES = 500;
const CONNECT_PAUSE_MS = 10;
const STEADY_LIMIT_PERCENT = 2;
const EVERY_LIMIT_PERCENT = 2;
/** Of processor time: at each point the server's pages that were written are protected anew. */
const EVERY_TIME_LIMIT_PERCENT = 6;

const LOADS = [
  { name: '-P 1', pipeline: 1, requests: 30_000 },
  { name: '-P 16', pipeline: 16, requests: 200_000 },
] as const;

/** What came of one server. */
interface Outcome {
  /** Requests a second: for each load, one of each turn. */
  readonly rates: number[][];
  /** Processor time of the server and its supervisor, in clock ticks, for all turns together. */
  ticks: number;
}

export async function measureRedis(): Promise<Finding[]> {
  await runProcess(['redis-server', '--version']);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-bench-'));
  try {
    await using alone = await startServer([], directory);
    const steady = await measureSteady(alone, directory);
    await using everyServer = await startServer(['run', '--every', '10', '--'], directory);
    const [before, every] = await measureInTurn([alone, everyServer]);
    const why = '100 stops a second, and the first write to each page after each';
    const rows = LOADS.map(({ name }, load) =>
      describe(`${name} --every 10`, slowerBy(before, every, load), EVERY_LIMIT_PERCENT, why),
    );
    const time = describeTime('--every 10', before, every);
    return [...steady, ...rows, { ...time, limit: EVERY_TIME_LIMIT_PERCENT }];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** No point made; and a second server alone, to show what such figures are worth. */
async function measureSteady(alone: Server, directory: string): Promise<Finding[]> {
  await using twin = await startServer([], directory);
  await using supervised = await startServer(['run', '--'], directory);
  const [base, same, steady] = await measureInTurn([alone, twin, supervised]);
  const rows = LOADS.flatMap(({ name }, load) => {
    const rate = Math.round(fastest(base, load) / 1000) * 1000;
    const control = `0 on a quiet machine; ${rate.toLocaleString('en-US')} a second`;
    const why = 'no point made: some nanoseconds a system call';
    return [
      describe(`${name}, alone twice`, slowerBy(base, same, load), undefined, control),
      describe(`${name} under belay`, slowerBy(base, steady, load), STEADY_LIMIT_PERCENT, why),
    ];
  });
  return [...rows, describeTime('alone twice', base, same), describeTime('', base, steady)];
}

function describe(name: string, value: number, limit: number | undefined, why: string): Finding {
  const what = `redis-benchmark ${name}: slower by`;
  return { what, value, unit: 'percent', why, ...(limit === undefined ? {} : { limit }) };
}

function describeTime(name: string, alone: Outcome, other: Outcome): Finding {
  const label = name === '' ? 'under belay' : name;
  return {
    what: `redis-server ${label}: more processor time by`,
    value: (other.ticks / alone.ticks - 1) * 100,
    unit: 'percent',
    why: 'with the supervisor’s; steadier than the rates where others use the machine',
  };
}

function slowerBy(alone: Outcome, other: Outcome, load: number): number {
  return (1 - fastest(other, load) / fastest(alone, load)) * 100;
}

/** The median of the fastest turns. */
function fastest({ rates }: Outcome, load: number): number {
  const sorted = (rates[load] ?? []).toSorted((a, b) => b - a);
  return median(sorted.slice(0, Math.ceil(sorted.length / FASTEST)));
}

/** All servers in each turn; every other turn goes the other way round. */
async function measureInTurn<const T extends readonly Server[]>(
  servers: T,
): Promise<{ [Index in keyof T]: Outcome }> {
  const outcomes = servers.map((): Outcome => ({ rates: LOADS.map(() => []), ticks: 0 }));
  for (let turn = 0; turn < TURNS; turn += 1) {
    const order = servers.map((server, index) => ({ server, outcome: outcomes[index] }));
    for (const { server, outcome } of turn % 2 === 0 ? order : order.reverse()) {
      if (outcome !== undefined) await measureTurn(server, outcome);
    }
  }
  return outcomes as { [Index in keyof T]: Outcome };
}

async function measureTurn({ port, pids }: Server, outcome: Outcome): Promise<void> {
  const before = readTicks(pids);
  for (const [load, { pipeline, requests }] of LOADS.entries()) {
    outcome.rates[load]?.push(await benchmark(port, pipeline, requests));
  }
  outcome.ticks += readTicks(pids) - before;
}

interface Server extends AsyncDisposable {
  readonly port: number;
  /** The server, and its supervisor where it has one. */
  readonly pids: readonly number[];
}

/** A warm redis-server, under `belay ...` when words for it are given. */
async function startServer(belay: readonly string[], directory: string): Promise<Server> {
  const port = await findPort();
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const words = ['redis-server', '--port', String(port), ...options];
  const [file = '', ...args] = belay.length === 0 ? words : [BIN_BELAY, ...belay, ...words];
  const child = spawn(file, args, { cwd: directory, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await waitForPort(port);
    await benchmark(port, 16, 50_000);
    const { pid = 0 } = child;
    const supervisors = belay.length === 0 ? [] : [(await readStatus(pid)).supervisorPid];
    return { port, pids: [pid, ...supervisors], [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
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
