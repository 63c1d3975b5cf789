/**
 * The supervisor is killed at random moments: the program goes on without it, or, where that was
 * in the middle of a rollback, dies by SIGKILL, and the log says so. It never runs on mixed memory,
 * and it is never left stopped.
 *
 * BELAY_SEED=S repeats the moments of a run; each failure prints it.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PHASE_ROLLING_BACK, readRollbackState } from '../../src/registry/rollback-state.ts';
import { readSupervisorFile } from '../../src/registry/state-files.ts';
import { readStatus } from '../../src/tasks/read-status.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { Random } from './random.ts';
import { fill, findFreePort, readContents, RedisConnection, superviseRedis } from './redis.ts';
import { belay, start, until } from './started.ts';
import type { Started } from './started.ts';
import { listChildrenOf } from '../../src/tasks/list-children.ts';

const SEED = Number(process.env.BELAY_SEED ?? Date.now() % 1_000_000);
const REPEAT = `repeat with: BELAY_SEED=${SEED} node --test test/real/supervisor-killed.test.ts`;
const LIVES = 16;
const LARGE_LIVES = 6;
const LARGE_MB = 300;
/** How long a supervisor lives at most, in three ages: while it sets up, soon after, and later. */
const AGES_MS = [60, 250, 600];
const DEATH_MESSAGE = /the supervisor was killed in the middle of (a rollback|its work)/;

const place = usePlace();
const random = new Random(SEED);
let program = '';

before(async () => {
  program = await compileProgram('falls', place);
});

interface Life {
  readonly started: Started;
  readonly output: Promise<string>;
  readonly directory: string;
  readonly supervisorPid: number;
}

/** Starts the program under belay; returns when its supervisor has said who it is. */
async function startLife(
  kind: 'fault' | 'jump',
  megabytes: number,
  seconds: number,
): Promise<Life> {
  const words = [program, kind, '1', String(megabytes), String(seconds)];
  const started = start([BIN_BELAY, 'run', '--', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout } = started.child;
  assert(stdout !== null);
  const output = text(stdout);
  const base = process.env.BELAY_DIR ?? '';
  const directory = await until('the supervisor is there', () => {
    const name = readdirSync(base).find((each) => each.startsWith(`${started.pid}-`));
    const found = name === undefined ? undefined : path.join(base, name);
    return found !== undefined && readSupervisorFile(found) !== undefined ? found : undefined;
  });
  const { supervisorPid = 0 } = readSupervisorFile(directory) ?? {};
  assert(supervisorPid > 1);
  return { started, output, directory, supervisorPid };
}

/** How a life ended, in one word, after its supervisor was killed; fails for what must not be. */
async function judge({ started, output }: Life, kind: string): Promise<string> {
  const { code, signal } = await started.exited;
  if (signal === 'SIGKILL') {
    assert.match(await belay('log', String(started.pid)), DEATH_MESSAGE, REPEAT);
    return 'killed';
  }
  if (signal === 'SIGSEGV' && kind === 'fault') return 'fell alone';
  // Its exit code while it was still the shell that was to become the program.
  if (code === 125 && (await output) === '') return 'not begun';
  assert.deepEqual([code, signal], [0, null], REPEAT);
  assert.match(await output, /^\d+\nalone\n$/, REPEAT);
  return 'went on';
}

function isRollingBack({ directory }: Life): boolean {
  const state = readRollbackState(directory);
  return state?.phase === PHASE_ROLLING_BACK && state.cd > 0;
}

async function liveAndLoseSupervisor(kind: 'fault' | 'jump', ageMs: number): Promise<string> {
  const life = await startLife(kind, 1, 1);
  await sleep(random.below(ageMs));
  const begun = listChildrenOf(life.supervisorPid, life.supervisorPid);
  process.kill(life.supervisorPid, 'SIGKILL');
  await until('what it has begun ends with it', () => !begun.some(isThere));
  return judge(life, kind);
}

/** A zombie, which init has not asked for yet, is none. */
function isThere(pid: number): boolean {
  const status = readStatus(pid);
  return status !== undefined && status.state !== 'zombie';
}

/** Chosen: it is in the middle of calls for a small part of the time. */
const REDIS_LIVES_MAX = 5;

describe('supervisor killed', () => {
  for (const kind of ['jump', 'fault'] as const) {
    test(`at random moments of a program that comes back by ${kind}`, async (context) => {
      const ends = [];
      for (let life = 0; life < LIVES; life++) {
        ends.push(await liveAndLoseSupervisor(kind, AGES_MS[life % AGES_MS.length] ?? 0));
      }
      context.diagnostic(`${REPEAT}: ${ends.join(', ')}`);
      assert(ends.some((end) => end === 'went on' || end === 'fell alone'));
    });
  }

  test('in the middle of rollbacks: SIGKILL, and the log says so', async () => {
    const ends = [];
    for (let attempt = 0; attempt < LARGE_LIVES; attempt++) {
      const life = await startLife('jump', LARGE_MB, 3);
      await until('it rolls back', () => isRollingBack(life));
      await sleep(random.below(20));
      process.kill(life.supervisorPid, 'SIGKILL');
      ends.push(await judge(life, 'jump'));
    }
    const killed = ends.filter((end) => end === 'killed').length;
    assert(killed > LARGE_LIVES / 2, `${ends.join(', ')}; ${REPEAT}`);
  });

  test('while redis-server is served: it answers on, and has no calls answered', async () => {
    const ends: string[] = [];
    while (!(await isServedAlone(ends)) && ends.length < REDIS_LIVES_MAX);
    assert.equal(ends.at(-1), 'went on', `${ends.join(', ')}; ${REPEAT}`);
  });
});

/** False: its supervisor died while it made calls for it, and took it along, as the log says. */
async function isServedAlone(ends: string[]): Promise<boolean> {
  const port = await findFreePort();
  const supervised = await superviseRedis(port, place, { every: 20 });
  const connection = await RedisConnection.open(port);
  const contents = await fill(connection);
  await supervised.checkpoint();
  await sleep(random.below(50));
  process.kill(supervised.supervisorPid, 'SIGKILL');
  const first = await connection.ask('SET', 'new', 0);
  if (connection.isClosed) {
    assert.match(await belay('log', String(supervised.pid)), DEATH_MESSAGE, REPEAT);
    ends.push('killed');
    return false;
  }
  assert.equal(first, 'OK');
  for (let round = 0; round < 10; round++) {
    assert.equal(await connection.ask('SET', 'new', round), 'OK');
    assert.equal(await connection.ask('DEL', 'new'), '1');
  }
  assert.deepEqual(await readContents(connection), contents);
  const refusal = await runProcess([BIN_BELAY, 'checkpoint', String(supervised.pid)]);
  assert.equal(refusal.code, 125);
  connection.tell('DEBUG', 'SEGFAULT');
  assert.deepEqual(await supervised.exited, { code: null, signal: 'SIGSEGV' });
  ends.push('went on');
  return true;
}
