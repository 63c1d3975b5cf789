/**
 * `belay attach` to a program whose children run already: they are taken as if they had been born
 * under belay. Who cannot be taken is left alone and named, and goes on; the others are taken.
 */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { openOrdinaryCheckout, ordinaryUserPrefix } from '../support/ordinary-user.ts';
import type { OrdinaryCheckout } from '../support/ordinary-user.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { belay, start, until, type Started } from './started.ts';

const WORKERS = [0, 1, 2, 3];
const ENOSYS = 38;

const place = usePlace();

class Prefork {
  readonly started: Started;
  readonly lines: string[] = [];
  private readonly input: Interface;

  constructor(command: readonly string[]) {
    this.started = start(command, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.started.child;
    assert(stdout !== null);
    this.input = createInterface(stdout);
    this.input.on('line', (line) => this.lines.push(line));
  }

  static async open(): Promise<Prefork> {
    return new Prefork([await compileProgram('prefork', place)]);
  }

  get pid(): number {
    return this.started.pid;
  }

  tell(worker: number, letter: string): void {
    this.started.child.stdin?.write(`${worker} ${letter}\n`);
  }

  /** What worker `worker` answers to `letter`. */
  async ask(worker: number, letter: string): Promise<string> {
    const before = this.lines.length;
    this.tell(worker, letter);
    return until(`worker ${worker} answers ${letter}`, () =>
      this.lines
        .slice(before)
        .find((line) => line.startsWith(`${worker} `))
        ?.slice(2),
    );
  }

  async pidOf(worker: number): Promise<number> {
    return Number((await this.ask(worker, 'p')).slice('did '.length));
  }

  async end(): Promise<void> {
    this.started.child.stdin?.end();
    assert.deepEqual(await this.started.exited, { code: 0, signal: null });
  }
}

const UIDS = /^Uid:\t(\d+)\t(\d+)/m;

/** Empty: it is gone. */
function readStatus(pid: number, field: string): string {
  if (!existsSync(`/proc/${pid}/status`)) return '';
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${field}:\t(.*)$`, 'm').exec(status)?.[1] ?? '';
}

function tracerOf(pid: number): number {
  return Number(readStatus(pid, 'TracerPid'));
}

/** `belay attach`, which succeeds; what it said on stderr. */
async function attachTo(pid: number, ...options: readonly string[]): Promise<ProcessResult> {
  const result = await runProcess([BIN_BELAY, 'attach', ...options, String(pid)]);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

describe('children that run already', () => {
  test('their calls are answered, their falls caught, and they are listed', async () => {
    const prefork = await Prefork.open();
    const pids = await Promise.all(WORKERS.map((worker) => prefork.pidOf(worker)));
    assert.equal(await prefork.ask(0, 'j'), `errno ${ENOSYS}`);
    const { stdout, stderr } = await attachTo(prefork.pid);
    assert.match(stdout, / is supervised by \d+, with 4 children\n$/);
    assert.equal(stderr, '');
    for (const worker of WORKERS) assert.equal(await prefork.ask(worker, 'j'), 'point 1');
    for (const worker of WORKERS) assert.equal(await prefork.ask(worker, 'f'), 'back 1');
    const listed = await belay('ps');
    for (const pid of pids) {
      assert.match(listed, new RegExp(`^ *${pid} `, 'm'));
      assert.match(await belay('show', String(pid)), /^1 fall, /m);
    }
    await prefork.end();
  });

  for (const option of ['--no-children', '--children=leave']) {
    test(`${option} leaves them`, async () => {
      const prefork = await Prefork.open();
      const pid = await prefork.pidOf(0);
      const { stdout } = await attachTo(prefork.pid, option);
      assert.match(stdout, / is supervised by \d+\n$/);
      assert.equal(tracerOf(pid), 0);
      assert.equal(await prefork.ask(0, 'j'), `errno ${ENOSYS}`);
      await prefork.end();
    });
  }

  for (const [letter, why] of [
    ['t', /traces it already$/],
    ['s', /seccomp/],
  ] as const) {
    test(`one that cannot be taken is named: ${letter}`, async () => {
      const prefork = await Prefork.open();
      const pids = await Promise.all(WORKERS.map((worker) => prefork.pidOf(worker)));
      await prefork.ask(2, letter);
      const { stdout, stderr } = await attachTo(prefork.pid);
      assert.match(stdout, /, with 3 children\n$/);
      const [line = '', ...others] = stderr.trimEnd().split('\n');
      assert.deepEqual(others, []);
      assert.ok(line.startsWith(`belay: process ${pids[2]} (prefork) is left alone: `), line);
      assert.match(line, why);
      assert.ok((await belay('log', String(prefork.pid))).includes(line.slice('belay: '.length)));
      if (letter === 's') assert.equal(tracerOf(pids[2] ?? 0), 0);
      // Of the one that is left alone, the child is none of its reasons.
      for (const worker of [0, 1, 3]) assert.equal(await prefork.ask(worker, 'f'), 'back 1');
      prefork.started.child.kill('SIGKILL');
      await prefork.started.exited;
    });
  }

  test('one in vfork that does not come out of it is left alone, and goes on', async () => {
    const prefork = await Prefork.open();
    const pid = await prefork.pidOf(1);
    assert.equal(await prefork.ask(1, 'v'), 'in 0');
    await until('it is in vfork', () =>
      /^State:\tD/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')),
    );
    const { stderr } = await attachTo(prefork.pid);
    assert.ok(stderr.includes(`belay: process ${pid} (prefork) is left alone: `), stderr);
    assert.equal(tracerOf(pid), 0);
    for (const worker of [0, 2, 3]) assert.equal(await prefork.ask(worker, 'f'), 'back 1');
    assert.equal(await prefork.ask(1, 'p'), 'did 0');
    assert.equal(await prefork.ask(1, 'j'), `errno ${ENOSYS}`);
    await prefork.end();
  });

  test('they are let go with the program, and taken again', async () => {
    const prefork = await Prefork.open();
    for (let round = 1; round <= 2; round += 1) {
      const { stdout } = await attachTo(prefork.pid);
      assert.match(stdout, /, with 4 children\n$/);
      assert.equal(await prefork.ask(3, 'f'), 'back 1');
      process.kill(tracerOf(prefork.pid), 'SIGKILL');
      await until('it is let go', () => tracerOf(prefork.pid) === 0);
      assert.equal(await prefork.ask(3, 'j'), `errno ${ENOSYS}`);
    }
    await prefork.end();
  });

  test('one that the program has lost is none of its children', async () => {
    const prefork = await Prefork.open();
    const pid = await prefork.pidOf(3);
    await prefork.ask(2, 'e');
    await until('it is an orphan', () => readStatus(pid, 'PPid') !== String(prefork.pid));
    const { stdout, stderr } = await attachTo(prefork.pid);
    assert.match(stdout, /, with 2 children\n$/);
    assert.equal(stderr, '');
    assert.equal(tracerOf(pid), 0);
    await prefork.end();
  });

  test('those that are forked while it is attached to are taken', async () => {
    const program = await compileProgram('fork-storm', place);
    const { pid, child, exited } = start([program], { stdio: ['pipe', 'pipe', 'inherit'] });
    assert(child.stdin !== null && child.stdout !== null);
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    await until('it storms', () => lines.length > 0);
    await attachTo(pid);
    child.stdin.end('a');
    assert.deepEqual(await exited, { code: 0, signal: null });
    assert.deepEqual(lines, ['storm', '0 unanswered']);
  });
});

describe('as an ordinary user', () => {
  let checkout: OrdinaryCheckout;
  const helper = path.join(place, 'helper');

  before(async () => {
    chmodSync(place, 0o755);
    copyFileSync('/bin/sleep', helper);
    chmodSync(helper, 0o4755);
    checkout = await openOrdinaryCheckout();
  });
  after(() => checkout.remove());

  async function open(): Promise<Prefork> {
    const program = await compileProgram('prefork', place);
    return new Prefork(['env', ...ordinaryUserPrefix(), program, helper]);
  }

  async function attachAsOrdinary(pid: number, name: string): Promise<string[]> {
    const directory = path.join(place, name);
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    const env = { ...process.env, HOME: '/nonexistent', BELAY_DIR: path.join(directory, 'belay') };
    const command = [path.join(checkout.root, 'bin/belay'), 'attach', String(pid)];
    const words = ['env', ...ordinaryUserPrefix(), ...command] as const;
    const { code, stderr } = await runProcess([...words], { cwd: '/', env });
    assert.equal(code, 0, stderr);
    return stderr.trimEnd().split('\n');
  }

  test('one that confines itself is left alone', async () => {
    const prefork = await open();
    const pid = await prefork.pidOf(1);
    assert.equal(await prefork.ask(1, 'k'), 'did 0');
    const [line = '', ...others] = await attachAsOrdinary(prefork.pid, 'confined');
    assert.deepEqual(others, []);
    assert.ok(line.startsWith(`belay: process ${pid} (prefork) is left alone: `), line);
    assert.match(line, /seccomp filters of its own/);
    await until('it is let go', () => tracerOf(pid) === 0);
    assert.equal(await prefork.ask(0, 'f'), 'back 1');
    assert.equal(await prefork.ask(1, 'a'), 'did 0');
    await prefork.end();
  });

  test('one that is not dumpable is left alone', async () => {
    const prefork = await open();
    const pid = await prefork.pidOf(1);
    assert.equal(await prefork.ask(1, 'd'), 'did 0');
    const [line = '', ...others] = await attachAsOrdinary(prefork.pid, 'undumpable');
    assert.deepEqual(others, []);
    assert.ok(line.startsWith(`belay: process ${pid} (prefork) is left alone: `), line);
    assert.match(line, /it is not dumpable/);
    assert.equal(await prefork.ask(1, 'j'), `errno ${ENOSYS}`);
    assert.equal(await prefork.ask(0, 'f'), 'back 1');
    await prefork.end();
  });

  test('one with the rights of another user is left alone', async (t) => {
    const prefork = await open();
    const pid = await prefork.pidOf(1);
    prefork.tell(1, 'x');
    t.after(() => {
      if (readStatus(pid, 'Name') === 'helper') process.kill(pid, 'SIGKILL');
    });
    await until('it has become the helper', () => readStatus(pid, 'Name') === 'helper');
    const [, real, effective] = UIDS.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    if (real === effective) {
      t.diagnostic('no program changes its user here');
      return;
    }
    const [line = '', ...others] = await attachAsOrdinary(prefork.pid, 'foreign');
    assert.deepEqual(others, []);
    assert.ok(line.startsWith(`belay: process ${pid} (helper) is left alone: `), line);
    assert.match(line, /it has the rights of user 0, too \(set-user-ID\)$/);
    assert.equal(await prefork.ask(0, 'f'), 'back 1');
    assert.equal(tracerOf(pid), 0);
    process.kill(pid, 'SIGKILL');
    await prefork.end();
  });
});
