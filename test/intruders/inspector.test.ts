/**
 * Nobody debugs a process of ours: not with SIGUSR1, which makes Node listen for a debugger on a
 * port that every user of the machine can connect to, nor with settings of Node's that its caller
 * or the program has.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { attach, run } from '../../src/index.ts';
import { usePlace } from '../real/place.ts';
import { belay, start, until } from '../real/started.ts';
import { BIN_BELAY, ROOT } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';

/** Chosen: Node's inspector listens within some 20 ms of the signal. */
const INSPECTOR_MS = 400;

const place = usePlace();

/** The lines of /proc/net/tcp for sockets on which the process itself listens. */
function listeners(pid: number): string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`));
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  return lines.filter((line) => {
    const inode = line.trim().split(/\s+/)[9] ?? '';
    return line.includes(' 0A ') && sockets.includes(`socket:[${inode}]`);
  });
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function tracerOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^TracerPid:\t(\d+)/m.exec(status)?.[1]);
}

/** Neither listens by itself, nor does SIGUSR1 make it, nor end it. */
async function assertNoInspector(pid: number): Promise<void> {
  assert(pid > 1);
  assert.deepEqual(listeners(pid), [], 'before the signal');
  for (const _ of [1, 2, 3]) process.kill(pid, 'SIGUSR1');
  await sleep(INSPECTOR_MS);
  assert.deepEqual(listeners(pid), [], 'after the signal');
}

const coverage = path.join(place, 'coverage');
const badSettings = path.join(place, 'openssl.cnf');
mkdirSync(coverage);
writeFileSync(badSettings, '[[[\n');

/** What makes Node listen, load code, take messages, write where a caller says, or not begin. */
const HOSTILE = {
  NODE_V8_COVERAGE: coverage,
  OPENSSL_CONF: badSettings,
  NODE_OPTIONS: '--inspect=127.0.0.1:0',
  NODE_UNIQUE_ID: '7',
  NODE_CHANNEL_FD: '0',
  NODE_DEBUG: 'net',
  UV_THREADPOOL_SIZE: '1024',
};

/** The names of Node's settings that a process was started with. */
function settingsOf(pid: number): string[] {
  const words = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  const names = words.map((word) => word.split('=', 1)[0] ?? '');
  return names.filter((name) => /^(NODE|OPENSSL|UV)_/.test(name) && name !== 'NODE_COMPILE_CACHE');
}

/** None, but for what our own measurement of the tests' coverage needs. */
function assertNoSettings(pid: number): void {
  const measured = process.env.BELAY_COVERAGE_DIR === undefined ? [] : ['NODE_V8_COVERAGE'];
  assert.deepEqual(settingsOf(pid), measured);
}

test('a supervisor that `run` started', async () => {
  const env = { ...process.env, ...HOSTILE };
  const { pid } = start([BIN_BELAY, 'run', '--', 'sleep', '60'], { env });
  const supervisor = await until('it is traced', () => tracerOf(pid) || undefined);
  await until('it answers', async () => (await belay('ps')).includes('sleep 60'));
  assertNoSettings(supervisor);
  await assertNoInspector(supervisor);
  assert.match(await belay('checkpoint', String(pid)), /^point 1: /);
});

test('the program keeps the settings that the supervisor does without', async () => {
  const command = [BIN_BELAY, 'run', '--', 'env'] as const;
  const { stdout, stderr } = await runProcess(command, { env: { ...process.env, ...HOSTILE } });
  assert.equal(stderr, '');
  for (const [name, value] of Object.entries(HOSTILE)) {
    assert(stdout.includes(`${name}=${value}\n`), name);
  }
});

test('a command writes nothing where its caller has Node write', async () => {
  const { code, stderr } = await runProcess([BIN_BELAY, 'ps'], {
    env: { ...process.env, ...HOSTILE },
  });
  assert.deepEqual([code, stderr, readdirSync(coverage)], [0, '', []]);
});

test('a supervisor that `attach` started, from the command line and from a program', async () => {
  const [first, second] = [start(['sleep', '60']), start(['sleep', '60'])];
  const env = { ...process.env, ...HOSTILE };
  const attached = await runProcess([BIN_BELAY, 'attach', String(first.pid)], { env });
  assert.deepEqual([attached.code, attached.stderr], [0, '']);
  const before = { ...process.env };
  Object.assign(process.env, HOSTILE);
  try {
    await using supervised = await attach(second.pid);
    for (const { pid } of [first, second]) {
      assertNoSettings(tracerOf(pid));
      await assertNoInspector(tracerOf(pid));
    }
    await supervised.checkpoint();
  } finally {
    for (const name of Object.keys(HOSTILE)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  }
});

test('a command that stays: `log -f`', async () => {
  await using program = await run('sleep', ['60'], { stdio: 'ignore' });
  const words = ['log', '-f', String(program.pid)];
  const env = { ...process.env, ...HOSTILE };
  const log = start([BIN_BELAY, ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => log.child.stdout?.once('data', resolve));
  await assertNoInspector(log.pid);
  log.child.kill();
  await log.exited;
});

test('compiled code is kept only where nobody else can write', async () => {
  const root = path.join(place, 'checkout');
  const modules = path.join(root, 'node_modules');
  await mkdir(path.join(modules, '.bin'), { recursive: true });
  await mkdir(path.join(root, 'bin'));
  await symlink(path.join(ROOT, 'src'), path.join(root, 'src'));
  const script = path.join(root, 'bin/belay');
  await runProcess(['cp', BIN_BELAY, script]);
  // In place of Node: where it is told to keep code.
  const node = path.join(modules, '.bin/node');
  writeFileSync(node, '#!/bin/sh\nprintf "[%s]" "$NODE_COMPILE_CACHE"; umask\n');
  chmodSync(node, 0o755);
  const cache = path.join(modules, '.cache/belay');
  const told = async (): Promise<string> =>
    (await runProcess(['sh', '-c', `umask 0; exec '${script}' ps`])).stdout;
  assert.match(await told(), /^\[.+\/node_modules\/\.cache\/belay\]0077\n$/);
  for (const directory of [cache, path.dirname(cache), modules]) {
    for (const mode of [0o777, 0o775]) {
      chmodSync(directory, mode);
      assert.equal(await told(), '[]0077\n', `${directory} with mode ${mode.toString(8)}`);
    }
    chmodSync(directory, 0o755);
  }
  assert.notEqual(await told(), '[]0077\n');
});
