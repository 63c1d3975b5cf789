/** The API and the commands on a real program that really falls. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { attach, BelayError, list, run } from '../../src/index.ts';
import type { FallRecord, PointEvent, RunProgramOptions, Supervised } from '../../src/index.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { runCli } from './cli-harness.ts';

const INCLUDE = fileURLToPath(new URL('../../include', import.meta.url));
const SOURCE = fileURLToPath(new URL('./live-program.c', import.meta.url));

let folder = '';
let program = '';
let base = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-live-'));
  program = join(folder, 'live-program');
  base = join(folder, 'state');
  process.env.BELAY_DIR = base;
  execFileSync('cc', ['-g', '-O1', `-I${INCLUDE}`, '-o', program, SOURCE]);
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The live program, and its output a line at a time. */
async function start(options: RunProgramOptions = {}) {
  const live = await run(program, [], { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  assert.ok(live.stdout !== null);
  return { live, lines: linesOf(live.stdout) };
}

function linesOf(stream: Readable): AsyncIterator<string> {
  return createInterface({ input: stream })[Symbol.asyncIterator]();
}

async function ask(live: Supervised, lines: AsyncIterator<string>, text: string) {
  live.stdin?.write(`${text}\n`);
  return next(lines);
}

async function next(lines: AsyncIterator<string>): Promise<string> {
  const late = sleep(PATIENCE_MS, undefined, { ref: false });
  const result = await Promise.race([lines.next(), late]);
  assert.ok(result !== undefined, 'the program says nothing');
  return result.done === true ? 'the end' : result.value;
}

test('a fall is caught and told of, by function and line', async () => {
  const { live, lines } = await start();
  await using _ = live;
  assert.equal(await next(lines), 'cause 0 rollbacks 0 value 0');
  assert.equal(await ask(live, lines, 'up'), 'value 1');
  const fell = once(live, 'fall') as Promise<[FallRecord]>;
  assert.equal(await ask(live, lines, 'fall'), 'cause 2 rollbacks 1 value 0');
  const [fall] = await fell;
  assert.equal(fall.pid, live.pid);
  assert.equal(fall.cause, 'signal');
  assert.equal(fall.signal, 'SIGSEGV');
  assert.equal(fall.codeName, 'SEGV_MAPERR');
  assert.equal(fall.address, '0x8');
  assert.equal(fall.cd, 1);
  assert.ok(fall.pagesRestored > 0 && fall.us > 0);
  assert.equal(fall.where?.function, 'fall_down');
  assert.match(fall.where.file ?? '', /live-program\.c$/);
  const { stdout } = await runCli(base, 'log', 'live-program');
  assert.match(stdout, /SIGSEGV \(SEGV_MAPERR\) at 0x8 in fall_down\+0x.+live-program\.c:\d+\)/);
  assert.match(stdout, /back to point 1 \(rollback 1\): \d+ pages? written back/);
});

test('points are made and returned to from outside', async () => {
  const { live, lines } = await start();
  await using _ = live;
  await next(lines);
  assert.equal(await ask(live, lines, 'up'), 'value 1');
  const point = await live.checkpoint();
  assert.equal(await ask(live, lines, 'up'), 'value 2');
  assert.equal(await ask(live, lines, 'up'), 'value 3');
  const points = await live.points();
  assert.deepEqual(
    points.map(({ cd, origin }) => ({ cd, origin })),
    [
      { cd: 1, origin: 'program' },
      { cd: point.cd, origin: 'operator' },
    ],
  );
  const fall = await live.rewind(point.cd);
  assert.equal(fall.cause, 'operator');
  assert.equal(fall.cd, point.cd);
  assert.equal(await ask(live, lines, 'up'), 'value 2');
  const notANumber: unknown = 'x';
  await assert.rejects(live.rewind(notANumber as number), { code: 'EUSAGE' });
  await assert.rejects(live.rewind(4711), { name: 'BelayError', code: 'EBADF' });
});

test('the calls and the commands agree', async () => {
  const { live, lines } = await start();
  await using _ = live;
  await next(lines);
  assert.equal(await ask(live, lines, 'jump'), 'cause 1 rollbacks 1 value 0');
  const pid = String(live.pid);
  assert.match((await runCli(base, 'checkpoint', pid)).stdout, /^point 2: \d+ pages? saved in /);
  assert.match((await runCli(base, 'show', 'live-program')).stdout, /^ 2 {2}operator /m);
  const fell = once(live, 'fall');
  live.stdin?.write('fall\n');
  await fell;
  assert.match((await runCli(base, 'rewind', pid, '1')).stdout, /^back to point 1: \d+ page/);
  assert.equal(await next(lines), 'cause 4 rollbacks 2 value 0');
  const [status, ...others] = await list();
  assert.deepEqual(others, []);
  assert.equal(status?.pid, live.pid);
  assert.equal(status.falls, 1);
  assert.equal(status.points, 1);
  const { stdout } = await runCli(base, 'log', pid);
  assert.match(stdout, /^ {4}tlongjmp\(1, 7\)/m);
  assert.match(stdout, /was rewound from outside: thread/);
});

test('the exit status is the program’s own, and is logged', async () => {
  const { live, lines } = await start();
  await next(lines);
  live.stdin?.write('quit\n');
  assert.deepEqual(await live.exited, { code: 5, signal: null });
  const { stdout } = await runCli(base, 'log', String(live.pid), '-f');
  assert.match(stdout, /ended with 5\n$/);
  await assert.rejects(async () => live.checkpoint(), /ENOTSUPERVISED|ECONNLOST|supervis/);
});

test('a program that ends at once is run all the same', async () => {
  await using live = await run('true');
  assert.deepEqual(await live.exited, { code: 0, signal: null });
});

test('a program that never set a point dies as it would without belay', async () => {
  const script = 'kill -SEGV $$';
  await using live = await run('/bin/sh', ['-c', script], { stdio: 'ignore' });
  assert.deepEqual(await live.exited, { code: null, signal: 'SIGSEGV' });
});

test('when the supervisor is killed the program goes on, and the log says so', async () => {
  const { live, lines } = await start();
  await using _ = live;
  await next(lines);
  const closed = once(live, 'close');
  process.kill(live.supervisorPid, 'SIGKILL');
  await closed;
  assert.equal(await ask(live, lines, 'up'), 'value 1');
  await assert.rejects(async () => live.checkpoint(), { code: 'ENOTSUPERVISED' });
  const { stdout } = await runCli(base, 'log', String(live.pid));
  assert.match(stdout, /is supervised no more: its supervisor ended without notice/);
  live.stdin?.write('quit\n');
  assert.deepEqual(await live.exited, { code: 5, signal: null });
});

test('what cannot be run has a code of its own', async () => {
  await assert.rejects(run('no-such-command-anywhere'), { code: 'ENOTFOUND' });
  await assert.rejects(run('/etc/passwd'), { code: 'ENOTEXECUTABLE' });
  await assert.rejects(run('true', [], { retries: -1 }), { code: 'EUSAGE' });
  await assert.rejects(run('true', [], { on: ['SIGNONSENSE'] }), { code: 'EUSAGE' });
  await assert.rejects(run('no-such-command-anywhere'), { hint: /PATH/ });
  await assert.rejects(attach(process.pid), { code: 'EUSAGE', message: /the one that asks/ });
  const wrong: [options: object, message: RegExp][] = [
    [{ retries: '3' }, /: retries must be a number$/],
    [{ evry: 3 }, /: there is no option 'evry'$/],
    [{ every: 0 }, /: every must be a whole number from 1 to/],
    [{ on: 'SIGSEGV' }, /: on must be a list/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(run('true', [], options), { code: 'EUSAGE', message });
  }
});

test('whatever else the functions are given is answered by an error of belay', async () => {
  const refused: [words: unknown[], code: string, message: RegExp][] = [
    [[], 'EUSAGE', /command: it must be a string/],
    [[5], 'EUSAGE', /command: it must be a string/],
    [['a\0b'], 'EUSAGE', /command: it must be a string without NUL$/],
    [['true', ['a\0b']], 'EUSAGE', /arguments: they must be a list of strings without NUL$/],
    [['true', 'x'], 'EUSAGE', /arguments/],
    [['true', null], 'EUSAGE', /arguments/],
    [['true', [], null], 'EUSAGE', /options: it must be an object$/],
    [['true', [], []], 'EUSAGE', /options: it must be an object$/],
    [['true', [], { cwd: 5 }], 'EUSAGE', /cwd must be a string/],
    [['true', [], { cwd: '/nonesuch' }], 'ENOTFOUND', /in \/nonesuch: it is no directory$/],
    [['true', [], { env: { A: 'a\0b' } }], 'EUSAGE', /cannot run true: /],
    [['true', [], { stdio: 'nonsense' }], 'EUSAGE', /cannot run true: /],
    [['/etc/passwd/x'], 'ENOTFOUND', /no such command/],
  ];
  const anything = run as (...words: unknown[]) => Promise<unknown>;
  for (const [words, code, message] of refused) {
    await assert.rejects(anything(...words), { name: 'BelayError', code, message });
  }
  const pids: unknown[] = [undefined, null, '5', Number.NaN, 1.5, 0, -1];
  for (const pid of pids) {
    await assert.rejects(attach(pid as number), { name: 'BelayError', code: 'EUSAGE' });
  }
  const nothing = null as unknown as object;
  await assert.rejects(attach(1, nothing), { name: 'BelayError', code: 'EUSAGE' });
});

test('points of a program that execs are made, or refused for the moment', async () => {
  const chain = join(folder, 'chain.sh');
  writeFileSync(
    chain,
    '[ "$1" = 300 ] && exec sleep 60\n/bin/true\nexec /bin/sh "$0" $(($1 + 1))\n',
  );
  await using chained = await run('/bin/sh', [chain, '0'], { stdio: 'ignore' });
  const refusals = new Set<string>();
  while (!readFileSync(`/proc/${chained.pid}/comm`, 'utf8').startsWith('sleep')) {
    try {
      await chained.checkpoint();
    } catch (error) {
      assert.ok(error instanceof BelayError && error.code === 'EAGAIN', String(error));
      refusals.add(error.message.replace(/.*: /, ''));
    }
  }
  await chained.checkpoint();
  assert.ok(refusals.has('it has begun another program meanwhile'), [...refusals].join());
});

test('--every makes points that can be returned to', async () => {
  const { live, lines } = await start({ every: 20 });
  await using _ = live;
  await next(lines);
  const [made] = (await once(live, 'point')) as [PointEvent];
  assert.equal(made.origin, 'every');
  const points = await live.points();
  assert.ok(points.some(({ origin }) => origin === 'every'));
});

test('a running program is attached to, rewound and let go', async (t) => {
  const plain = spawn('cat', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => plain.kill('SIGKILL'));
  const lines = linesOf(plain.stdout);
  const pid = plain.pid ?? 0;
  const supervised = await attach(pid);
  plain.stdin.write('before\n');
  assert.equal(await next(lines), 'before');
  const { cd } = await supervised.checkpoint();
  assert.equal((await supervised.rewind(cd)).cd, cd);
  // A misspelled `pid` would be another process.
  for (const which of [null, 5, 'x', [], { pd: pid }, { pid: '5' }, { pid: 0 }] as object[]) {
    const refusal = { name: 'BelayError', code: 'EUSAGE' };
    await assert.rejects(supervised.checkpoint(which), refusal);
    await assert.rejects(supervised.points(which), refusal);
    await assert.rejects(supervised.rewind(cd, which), refusal);
  }
  assert.equal((await attach(pid)).supervisorPid, supervised.supervisorPid);
  await supervised.detach();
  const again = await attach(pid);
  assert.notEqual(again.supervisorPid, supervised.supervisorPid);
  await again.detach();
  plain.stdin.end('after\n');
  assert.equal(await next(lines), 'after');
  assert.deepEqual(await supervised.exited, { code: null, signal: null });
  await assert.rejects(attach(pid), { code: 'ESRCH' });
});
