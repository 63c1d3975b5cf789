/**
 * No request and no client ends, blocks or bloats the thread that serves a supervisor's socket, or
 * keeps its owner out.
 *
 * BELAY_SEED=S repeats the requests of a run; a longer run is `npm run fuzz-socket`.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { listSupervisions } from '../../src/client/find-targets.ts';
import { run, type Supervised } from '../../src/index.ts';
import { fuzzSocket, residentMb } from '../fuzz/fuzz-socket.ts';
import { usePlace } from '../real/place.ts';
import { belay, until } from '../real/started.ts';

const SEED = Number(process.env.BELAY_SEED ?? Date.now() % 1_000_000);
const LINES = 20_000;
/** More than a supervisor serves at once. */
const CROWD = 80;
/** Chosen: ten times what the crowd costs. */
const GROWTH_MAX_MB = 100;

usePlace();
let program: Supervised;
let socketPath = '';
let crowd: Socket[] = [];

before(async () => {
  program = await run('sleep', ['600'], { stdio: 'ignore', maxPoints: 16 });
  const found = listSupervisions().find(({ file }) => file.pid === program.pid);
  socketPath = path.join(found?.directory ?? '', 'socket');
  program.close();
});

beforeEach(() => {
  for (const socket of crowd) socket.destroy();
  crowd = [];
});

after(async () => {
  for (const socket of crowd) socket.destroy();
  await program[Symbol.asyncDispose]();
});

/** A client that sends `text`, and reads nothing if it is one of the crowd. */
async function open(text = ''): Promise<Socket> {
  const socket = connect(socketPath);
  socket.on('error', () => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  if (text !== '') socket.write(text);
  return socket;
}

async function gather(text = ''): Promise<void> {
  while (crowd.length < CROWD) crowd.push(await open(text));
}

/** The lines that come back, the greeting left out, when all that is asked has been answered. */
async function ask(text: string): Promise<unknown[]> {
  const socket = await open();
  socket.end(text);
  let received = '';
  for await (const chunk of socket) received += String(chunk);
  const [, ...lines] = received.trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

test('random requests from clients of every kind', async (context) => {
  const { pid, supervisorPid } = program;
  const progress: string[] = [];
  const onProgress = (text: string): void => void progress.push(text);
  context.diagnostic(`repeat with: BELAY_SEED=${SEED} node --test test/intruders/socket.test.ts`);
  await fuzzSocket({ seed: SEED, count: LINES, socketPath, pid, supervisorPid, onProgress });
  context.diagnostic(progress.at(-1) ?? '');
});

test('a method or parameter that is no name, or the name of something else', async () => {
  const methods = [
    { toString: 0, valueOf: 0 },
    ['status'],
    null,
    '__proto__',
    'constructor',
    'toString',
    '\u001b[2J\u009b\u202e',
  ];
  const lines = methods.map((method) => JSON.stringify({ id: 1, method }));
  lines.push('{"id":1,"method":"points","params":{"__proto__":{"pid":1}}}');
  lines.push('{"id":1,"method":"points","params":{"constructor":1}}');
  const answers = await ask(`${lines.join('\n')}\n`);
  assert.equal(answers.length, lines.length);
  for (const answer of answers) {
    const { id, error } = answer as { id: number; error: { code: string; message: string } };
    assert.deepEqual([id, error.code], [1, 'EPROTOCOL']);
    assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}]/u);
  }
});

test('a client that is done asking gets all its answers', async () => {
  const text = Array.from({ length: 500 }, (_, id) => `{"id":${id},"method":"status"}\n`).join('');
  const ids = (await ask(text)).map((answer) => (answer as { id: number }).id);
  assert.deepEqual(
    ids,
    Array.from({ length: 500 }, (_, id) => id),
  );
});

test('idle clients, slow ones and subscribers do not keep the owner out', async () => {
  for (const text of ['', '{"id":1,"met', '{"id":1,"method":"subscribe"}\n']) {
    await gather(text);
    assert.match(await belay('ps'), /sleep 600/);
    for (const socket of crowd) socket.destroy();
    crowd = [];
  }
});

test('clients that ask without end and read nothing cost little, and delay nobody', async () => {
  const { supervisorPid } = program;
  const before = residentMb(supervisorPid);
  await gather('{"id":1,"method":"status"}\n'.repeat(2000));
  assert.match(await belay('ps'), /sleep 600/);
  assert(residentMb(supervisorPid) - before < GROWTH_MAX_MB);
});

test('subscribers that do not read are let go, and cost little until then', async () => {
  const { supervisorPid } = program;
  // It may have all the points it can have: one is enough.
  await ask('{"id":1,"method":"checkpoint"}\n');
  const alone = descriptorsOf(supervisorPid);
  const before = residentMb(supervisorPid);
  await gather('{"id":1,"method":"subscribe"}\n');
  await until('they are served', () => descriptorsOf(supervisorPid) > alone + 20);
  const rewinds = '{"id":1,"method":"rewind"}\n'.repeat(2500);
  const rewound = await ask(rewinds);
  assert.equal(rewound.filter((answer) => 'result' in (answer as object)).length, 2500);
  for (const _ of [1, 2]) await ask(rewinds);
  await until('they are let go', () => descriptorsOf(supervisorPid) < alone + 5);
  assert(residentMb(supervisorPid) - before < GROWTH_MAX_MB);
  assert.match(await belay('ps'), /sleep 600/);
});
