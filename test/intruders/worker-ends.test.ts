/**
 * If the supervisor's I/O worker ends all the same (out of memory, by a mistake of ours), another
 * takes its place, the log says so, and the program notices nothing.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { listChildren } from '../../src/tasks/list-children.ts';
import type { PointRecord } from '../../src/protocol/records.ts';
import { usePlace } from '../real/place.ts';
import { belay, start, until, type Started } from '../real/started.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { makeWatchedBelay } from '../support/watched-belay.ts';

const place = usePlace();
const scripts = path.join(place, 'scripts');
mkdirSync(scripts);
const watched = makeWatchedBelay(scripts, path.join(import.meta.dirname, 'programs/end-worker.ts'));
let count = 0;

interface Program extends Started {
  /** Has it end with status 7. */
  readonly end: () => void;
}

/** Waits to be ended; supervised, with a point from time to time. */
async function startProgram(): Promise<Program> {
  const started = startUnserved();
  await until('it is served', () => existsSync(path.join(directoryOf(started.pid), 'socket')));
  return started;
}

function startUnserved(): Program {
  const trigger = triggerOf((count += 1));
  const ending = path.join(place, `ending-${count}`);
  const script = `while [ ! -e '${ending}' ]; do sleep 0.05; done; exit 7`;
  const words = [watched, 'run', '--every=20', '--', 'sh', '-c', script];
  const started = start(words, { env: { ...process.env, END_WORKER: trigger } });
  const end = (): void => {
    writeFileSync(ending, '');
  };
  return { ...started, end };
}

function directoryOf(pid: number): string {
  const base = process.env.BELAY_DIR ?? '';
  const name = readdirSync(base).find((each) => each.startsWith(`${pid}-`));
  return path.join(base, name ?? 'none');
}

function logOf(pid: number): string {
  return readFileSync(path.join(directoryOf(pid), 'log.ndjson'), 'utf8');
}

/** Of each program its own: a supervisor that is about to end must not take the next one's. */
function triggerOf(number: number): string {
  return path.join(place, `trigger-${number}`);
}

/** Of the program that was started last. */
function endWorker(how: string): void {
  const trigger = triggerOf(count);
  writeFileSync(`${trigger}.new`, how);
  renameSync(`${trigger}.new`, trigger);
}

async function newestPoint(pid: number): Promise<number> {
  const shown = JSON.parse(await belay('show', String(pid), '--json')) as { points: PointRecord[] };
  return shown.points.at(-1)?.cd ?? 0;
}

/** Refused while the shell is in vfork. */
async function hasMadePoint(pid: number): Promise<boolean> {
  const made = await runProcess([BIN_BELAY, 'checkpoint', String(pid)]);
  if (made.code !== 0) assert.match(made.stderr, /in vfork/);
  return made.code === 0;
}

/** Undefined: nobody listens yet. */
function tryConnect(socket: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const client = connect(socket, () => {
      resolve(client);
    });
    client.on('error', () => {
      resolve(undefined);
    });
  });
}

/** All that a worker does is done. */
async function assertServed({ pid, exited, end }: Program): Promise<void> {
  const point = await newestPoint(pid);
  await until('points of --every go on', async () => (await newestPoint(pid)) > point);
  await until('a point from outside', () => hasMadePoint(pid));
  end();
  assert.deepEqual(await exited, { code: 7, signal: null });
  await until('its end is in the log', () => logOf(pid).includes('"type":"exit"'));
}

for (const how of ['throws', 'exits', 'runs out of memory']) {
  test(`a worker that ${how}`, async () => {
    const program = await startProgram();
    const socket = path.join(directoryOf(program.pid), 'socket');
    const client = await until('a client is heard', () => tryConnect(socket));
    client.resume();
    endWorker(how);
    await until('the client is alone', () => client.closed);
    await until('the log says so', () => logOf(program.pid).includes('it was begun again'));
    await assertServed(program);
    const types = logOf(program.pid)
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.equal(types[0], 'start');
    assert.equal(types.filter((type) => type === 'warning').length, 1);
  });
}

test('a first worker that ends before it has begun', async () => {
  writeFileSync(`${triggerOf(count + 1)}.early`, '');
  const program = startUnserved();
  const log = (): string => path.join(directoryOf(program.pid), 'log.ndjson');
  await until(
    'the log says so',
    () => existsSync(log()) && logOf(program.pid).includes('it was begun again'),
  );
  await until('it is served', () => existsSync(path.join(directoryOf(program.pid), 'socket')));
  await assertServed(program);
});

test('a state directory that is removed before the log is begun', async () => {
  writeFileSync(`${triggerOf(count + 1)}.early`, 'removes');
  const program = startUnserved();
  await until('it is served', () => existsSync(path.join(directoryOf(program.pid), 'socket')));
  await assertServed(program);
  assert.match(logOf(program.pid), /^\{"type":"start"/);
});

test('a bell that is killed', async () => {
  const program = await startProgram();
  const supervisor = Number(/^TracerPid:\t(\d+)/m.exec(statusOf(program.pid))?.[1]);
  const bell = findBell(supervisor) ?? 0;
  process.kill(bell, 'SIGKILL');
  await until('there is another', () => ![undefined, bell].includes(findBell(supervisor)));
  await assertServed(program);
});

test('a worker whose canary alone is killed', async () => {
  const program = await startProgram();
  const supervisor = Number(/^TracerPid:\t(\d+)/m.exec(statusOf(program.pid))?.[1]);
  const canary = await until('it is traced by the worker', () =>
    listChildren(supervisor).find((pid) => {
      const tracer = /^TracerPid:\t(\d+)/m.exec(statusOf(pid))?.[1];
      return tracer !== '0' && tracer !== String(supervisor);
    }),
  );
  process.kill(canary, 'SIGKILL');
  await until('the log says so', () => logOf(program.pid).includes('it was begun again'));
  await assertServed(program);
});

test('a worker that ends each time: that is said, and the program goes on', async () => {
  const { pid, exited, end } = await startProgram();
  endWorker('throws always');
  await until('it is given up', () => logOf(pid).includes('ends again and again'));
  assert.equal(logOf(pid).split('it was begun again').length - 1, 5);
  end();
  await assertLogged(pid, exited);
});

test('a worker that never begins: the log begins and ends all the same', async () => {
  writeFileSync(`${triggerOf(count + 1)}.early`, 'always');
  const { pid, exited, end } = startUnserved();
  await until('it is given up', () => {
    const log = path.join(directoryOf(pid), 'log.ndjson');
    return existsSync(log) && logOf(pid).includes('ends again and again');
  });
  end();
  await assertLogged(pid, exited);
  assert.match(logOf(pid), /^\{"type":"start"/);
});

/** To the last, by whomever. */
async function assertLogged(pid: number, exited: Program['exited']): Promise<void> {
  assert.deepEqual(await exited, { code: 7, signal: null });
  await until('its end is in the log', () => /"type":"exit",[^{]*"code":7/.test(logOf(pid)));
  const of = (type: string): number => logOf(pid).split(`"type":"${type}"`).length - 1;
  assert.equal(of('exit'), of('fork') + 1);
}

/** The bell is the child that the tracer itself traces. */
function findBell(supervisor: number): number | undefined {
  return listChildren(supervisor).find((pid) =>
    statusOf(pid).includes(`\nTracerPid:\t${supervisor}\n`),
  );
}

/** Empty of a process that has just ended. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}
