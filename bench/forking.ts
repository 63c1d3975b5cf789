/** What belay costs a server that forks for each request. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN_BELAY } from '../test/support/paths.ts';
import { runProcess } from '../test/support/run-process.ts';
import { besideOf, type Finding } from './finding.ts';
import { compileProgram, PROGRAMS } from './program.ts';
import { median } from './statistics.ts';

/** All servers in each, every other one the other way round. */
const TURNS = 6;
/** Others on the machine only ever slow a turn down: the fastest quarter is the least disturbed. */
const FASTEST = 4;
const REQUESTS = 200;
const CLIENTS = 4;
const START_TRIES = 500;
const START_PAUSE_MS = 10;

const SUPERVISED = [
  { words: ['run', '--'], what: 'under belay run', limit: 5 },
  { words: ['run', '--every', '20', '--'], what: 'run --every 20', limit: 10 },
] as const;

interface Server extends AsyncDisposable {
  readonly socket: string;
  readonly rates: number[];
}

export async function measureForking(): Promise<Finding[]> {
  await runProcess(['perl', '--version']);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-bench-'));
  try {
    await using servers = new AsyncDisposableStack();
    const started: Server[] = [];
    for (const words of [[], ...SUPERVISED.map(({ words }) => words)]) {
      const socket = path.join(directory, `${started.length}`);
      started.push(servers.use(await startServer(words, socket)));
    }
    for (let turn = 0; turn < TURNS; turn += 1) await measureTurn(started, turn);
    return describe(started.map(({ rates }) => fastest(rates)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function describe([alone = Number.NaN, ...rates]: readonly number[]): Finding[] {
  const bare: Finding = {
    what: 'a perl server that forks for each request, alone',
    value: alone,
    unit: 'rate',
    why: '4 clients at once, each request by a connection of its own',
  };
  const rows = SUPERVISED.flatMap(({ what, limit }, index): Finding[] => {
    const value = rates[index] ?? Number.NaN;
    const why = 'each child is followed from its fork to its end';
    return [
      { what: `the same, ${what}`, value, unit: 'rate', ...besideOf('alone', bare), why },
      { what: `${what}: slower by`, value: (1 - value / alone) * 100, unit: 'percent', limit, why },
    ];
  });
  return [bare, ...rows];
}

/** The median of the fastest turns. */
function fastest(rates: readonly number[]): number {
  const sorted = rates.toSorted((a, b) => b - a);
  return median(sorted.slice(0, Math.ceil(sorted.length / FASTEST)));
}

async function measureTurn(servers: readonly Server[], turn: number): Promise<void> {
  const client = await compileProgram('fork-client');
  for (const { socket, rates } of turn % 2 === 0 ? servers : servers.toReversed()) {
    const words = [client, socket, String(REQUESTS), String(CLIENTS)] as const;
    const { code, stdout, stderr } = await runProcess([...words]);
    if (code !== 0) throw new Error(`cannot measure with fork-client: ${stderr}`);
    rates.push((REQUESTS / Number(stdout)) * 1e9);
  }
}

async function startServer(belay: readonly string[], socket: string): Promise<Server> {
  const words = ['perl', path.join(PROGRAMS, 'fork-server.pl'), socket];
  const [file = '', ...args] = belay.length === 0 ? words : [BIN_BELAY, ...belay, ...words];
  const child = spawn(file, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    if (existsSync(socket)) return { socket, rates: [], [Symbol.asyncDispose]: stop };
    await sleep(START_PAUSE_MS);
  }
  await stop();
  throw new Error('cannot start the server in perl');
}
