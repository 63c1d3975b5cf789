/** The `belay` command: its help, failures and exit codes, and what it prints of a supervisor. */
import assert from 'node:assert/strict';
import { chmodSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { PointRecord, ProgramStatus } from '../../src/protocol/records.ts';
import { DEFAULT_SIGNALS } from '../../src/options/run-options.ts';
import { version } from '../../src/options/version.ts';
import type { FromTracer } from '../../src/desk/messages.ts';
import { runCli } from './cli-harness.ts';
import { WorkerHarness, makeBase, startTarget } from './worker-harness.ts';

let empty = '';
/** Of the harness that was started last. */
let targetPid = 0;
let childPid = 0;
const childPids: number[] = [];

before(() => {
  empty = makeBase();
});

after(() => {
  for (const pid of childPids) process.kill(pid, 'SIGKILL');
  rmSync(empty, { recursive: true, force: true });
});

function makeStatus(overrides: Partial<ProgramStatus> = {}): ProgramStatus {
  return {
    pid: targetPid,
    ppid: process.pid,
    command: ['/usr/bin/demo', 'one two'],
    threads: 3,
    points: 1,
    falls: 2,
    uptimeMs: 65_000,
    savedBytes: 3 * 1024 * 1024,
    supervisorPid: process.pid,
    options: { on: [...DEFAULT_SIGNALS], retries: 3, maxPoints: 4096, verbose: false },
    warnings: [],
    ...overrides,
  };
}

const POINT: PointRecord = {
  cd: 4,
  origin: 'program',
  time: Date.UTC(2026, 2, 1),
  tid: 99,
  threads: 3,
  pages: 12,
  bytes: 49_152,
  rollbacks: 1,
  falls: 1,
  pauseUs: 90.4,
};

/** V8 takes some 125,000 arguments, and an answer has 16 MB at most. */
const MANY_POINTS = 140_000;

/** A supervisor that traces a program and a child of it. */
async function startBare(): Promise<WorkerHarness> {
  const harness = await WorkerHarness.start();
  targetPid = harness.targetPid;
  childPid = startTarget();
  childPids.push(childPid);
  return harness;
}

/** And answers: point 4 is the only one. */
async function startHarness(): Promise<WorkerHarness> {
  const harness = await startBare();
  const child = makeStatus({ pid: childPid, command: ['worker'], warnings: ['\u001b[2J is odd'] });
  harness.answer((request): FromTracer => {
    const { id, method, params } = request;
    if (method === 'status') return { kind: 'reply', id, result: [makeStatus(), child] };
    if (method === 'points') return { kind: 'reply', id, result: [POINT] };
    if (method === 'checkpoint') {
      return { kind: 'reply', id, result: { cd: 5, pages: 1, pauseUs: 1200 } };
    }
    if (params.cd === undefined || params.cd === POINT.cd) {
      return { kind: 'reply', id, result: { cd: POINT.cd, pages: 12, us: 84 } };
    }
    const message = `cannot rewind to point ${params.cd}: there is no such point`;
    return { kind: 'reply', id, error: { code: 'EBADF', message, hint: 'try another' } };
  });
  return harness;
}

test('--help tells of every sub-command, and each has its own', async () => {
  const { code, stdout, stderr } = await runCli(empty, '--help');
  assert.equal(code, 0);
  assert.equal(stderr, '');
  for (const name of ['run', 'attach', 'ps', 'show', 'log', 'checkpoint', 'rewind', 'doctor']) {
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    const own = await runCli(empty, name, '--help');
    assert.equal(own.code, 0, name);
    assert.match(own.stdout, new RegExp(`^Usage: belay ${name}`), name);
  }
  assert.doesNotMatch(stdout, /freeze|thaw|dashboard/);
});

test('--version prints the version', async () => {
  assert.deepEqual(await runCli(empty, '--version'), {
    code: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
});

test('what cannot be done is said on stderr, with a hint and exit code 125', async () => {
  const cases: [string[], RegExp][] = [
    [[], /Usage: belay/],
    [[], /TARGET is a pid, or a name .+\n.*thread/],
    [['fly'], /^belay: cannot read the command line: unknown command 'fly'/],
    [['fly', '--help'], /^belay: cannot read the command line: unknown command 'fly'/],
    [['help', 'fly'], /^belay: cannot read the command line: unknown command 'fly'/],
    [['ps', '--fly'], /^belay: cannot read the command line: unknown option '--fly'/],
    [['log'], /^belay: cannot read the command line: missing required argument 'target'/],
    [['show', '1'], /^belay: cannot find process 1: it is not under belay\nhint: .+\n$/],
    [['log', 'nginx'], /^belay: cannot find a program called 'nginx': .+\nhint: .+\n$/],
    [['checkpoint', 'nginx'], /^belay: cannot find .+\nhint: .+\n$/],
    [['rewind', '1', 'x'], /^belay: cannot rewind to 'x': .+\nhint: .+\n$/],
    [['attach'], /^belay: cannot attach: no pid is given\nhint: .+\n$/],
    [['run'], /^belay: cannot run: no command is given\nhint: .+\n$/],
  ];
  for (const [words, expected] of cases) {
    const { code, stdout, stderr } = await runCli(empty, ...words);
    assert.equal(code, 125, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, expected);
  }
});

test('ps lists the processes of every supervisor', async () => {
  await using harness = await startHarness();
  const { code, stdout, stderr } = await runCli(harness.base, 'ps');
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const [heading, first, second, warning] = stdout.split('\n');
  assert.match(heading ?? '', /^ +PID +THREADS +POINTS +FALLS +SAVED +UP +COMMAND$/);
  const values = `${targetPid} +3 +1 +2 +3.0 MB +1 min  /usr/bin/demo 'one two'$`;
  assert.match(first ?? '', new RegExp(values));
  assert.match(second ?? '', new RegExp(`^ *${childPid} .+ worker$`));
  assert.equal(warning, `! ${childPid}: \\x1b[2J is odd`);
  const json = await runCli(harness.base, 'ps', '--json');
  const statuses = JSON.parse(json.stdout) as ProgramStatus[];
  assert.deepEqual(statuses[0], makeStatus());
  assert.equal(statuses.length, 2);
});

test('ps without any supervisor prints the heading, or an empty list', async () => {
  assert.match((await runCli(empty, 'ps')).stdout, /^PID .+ COMMAND\n$/);
  assert.equal((await runCli(empty, 'ps', '--json')).stdout, '[]\n');
});

test('show finds a program by pid, by name and by the pid of a child', async () => {
  await using harness = await startHarness();
  for (const target of [String(targetPid), 'demo', String(childPid), 'worker']) {
    const { code, stdout } = await runCli(harness.base, 'show', target);
    assert.equal(code, 0);
    assert.match(stdout, /2 falls, 3.0 MB saved/);
    assert.match(stdout, /^ +4 {2}program .+ 99 +3 +12 +48 KB +90 µs +1 +1$/m);
    assert.match(stdout, /3 retries/);
  }
  const json = await runCli(harness.base, 'show', 'demo', '--json');
  assert.deepEqual(JSON.parse(json.stdout), { ...makeStatus(), points: [POINT] });
});

test('show tells of more points than a call takes arguments', async () => {
  await using harness = await startBare();
  const point = { ...POINT, cd: 1, time: 1, tid: 1, threads: 1, pages: 0, bytes: 0, pauseUs: 0 };
  const points = new Array<PointRecord>(MANY_POINTS).fill(point);
  harness.answer(({ id, method }) => ({
    kind: 'reply',
    id,
    result: method === 'points' ? points : [makeStatus()],
  }));
  const { code, stdout, stderr } = await runCli(harness.base, 'show', 'demo');
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout.match(/^ *1 {2}program /gm)?.length, MANY_POINTS);
});

test('a name that two processes have needs the pid', async () => {
  await using harness = await startBare();
  const twins = [makeStatus(), makeStatus({ pid: childPid })];
  harness.answer(({ id }) => ({ kind: 'reply', id, result: twins }));
  const { code, stderr } = await runCli(harness.base, 'show', 'demo');
  assert.equal(code, 125);
  assert.match(stderr, /2 have that name/);
  assert.match(stderr, new RegExp(`hint: .*${targetPid}, ${childPid}`));
});

test('checkpoint and rewind say what was done', async () => {
  await using harness = await startHarness();
  const { base } = harness;
  const made = await runCli(base, 'checkpoint', 'demo');
  assert.deepEqual(made, { code: 0, stdout: 'point 5: 1 page saved in 1.2 ms\n', stderr: '' });
  const back = await runCli(base, 'rewind', 'demo', '4');
  assert.equal(back.stdout, 'back to point 4: 12 pages written back in 84 µs\n');
  const newest = await runCli(base, 'rewind', 'worker', '--json');
  assert.deepEqual(JSON.parse(newest.stdout), { cd: 4, pages: 12, us: 84 });
  const params = harness.messages.flatMap((message) =>
    message.kind === 'request' && message.method === 'rewind' ? [message.params] : [],
  );
  assert.deepEqual(params, [{ pid: targetPid, cd: 4 }, { pid: childPid }]);
  const refused = await runCli(base, 'rewind', 'demo', '9');
  assert.equal(refused.code, 125);
  const expected = 'belay: cannot rewind to point 9: there is no such point\nhint: try another\n';
  assert.equal(refused.stderr, expected);
});

test('doctor tries everything and says how to mend what is missing', async () => {
  const { code, stdout } = await runCli(empty, 'doctor', '--json');
  const { usable, findings } = JSON.parse(stdout) as {
    usable: boolean;
    findings: { name: string; state: string; detail: string; mend?: string }[];
  };
  assert.equal(code, usable ? 0 : 1);
  const states = new Map(findings.map(({ name, state }) => [name, state]));
  for (const name of [
    'ptrace',
    'seccomp',
    'userfaultfd',
    'written-pages',
    'process-vm',
    'xstate',
  ]) {
    assert.equal(states.get(name), 'ok', name);
  }
  for (const { name, state, mend, detail } of findings) {
    assert.equal(mend === undefined, state === 'ok', name);
    assert.notEqual(detail, 'the probe did not come to an end', name);
  }
});

test('doctor finds a directory that others can write in', async () => {
  const open = makeBase();
  chmodSync(open, 0o777);
  const { code, stdout } = await runCli(open, 'doctor');
  rmSync(open, { recursive: true });
  assert.equal(code, 1);
  assert.match(stdout, /^missing {2}directory for logs.+others can write in it$/m);
  assert.match(stdout, /belay cannot work here\n$/);
});
