/** `belay log`: of live and of ended programs, and of a supervisor killed in a rollback. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { followLog, readLog, readSettledLog } from '../../src/client/log-reader.ts';
import { readStartTime } from '../../src/registry/process-identity.ts';
import type { FallRecord, LogRecord } from '../../src/protocol/records.ts';
import { encodeRollbackState } from '../../src/registry/rollback-state.ts';
import { LogWriter } from '../../src/desk/log-writer.ts';
import { createStateDirectory, writeSupervisorFile } from '../../src/registry/state-directory.ts';
import { runCli } from './cli-harness.ts';
import { eventually, makeBase, ownSupervisorFile } from './worker-harness.ts';

/** Above any pid there can be: nothing of that pid runs. */
/** As long as a reader waits for what a supervisor may still write. */
const SETTLE_MS = 3000;
const NO_PID = 2 ** 22 + 1;
const TIME = Date.UTC(2026, 2, 1, 12);
let base = '';
let directory = '';

beforeEach(() => {
  base = makeBase();
  const uid = process.geteuid?.() ?? 0;
  const file = ownSupervisorFile({ pid: NO_PID, supervisorPid: NO_PID });
  directory = createStateDirectory(file, { path: base, uid });
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const FALL: FallRecord = {
  type: 'fall',
  time: TIME,
  pid: NO_PID,
  tid: 12,
  thread: 'wor\u001bker',
  cause: 'signal',
  signal: 'SIGSEGV',
  signo: 11,
  code: 1,
  codeName: 'SEGV_MAPERR',
  address: '0x7f0000000008',
  ip: '0x55500001139',
  cd: 3,
  rollbacks: 2,
  pagesRestored: 12,
  pagesDropped: 1,
  mappingsRestored: 0,
  threadsEnded: 2,
  threadsRecreated: 0,
  descriptorsClosed: 0,
  us: 84.4,
  warnings: ['file 7 cannot be opened again'],
  where: {
    function: 'handle',
    offset: 28,
    file: 'server.c',
    line: 12,
    path: '/usr/bin/demo',
    moduleOffset: '0x1139',
  },
  mapping: '7f0000000000-7f0000001000 r--p 00000000 00:00 0      [vvar]',
};

function write(...records: LogRecord[]): void {
  const log = new LogWriter(directory);
  for (const record of records) log.append(record);
  log.close();
}

function add(...lines: string[]): void {
  for (const line of lines) appendFileSync(join(directory, 'log.ndjson'), line);
}

test('a fall is told with all there is to know of it', async () => {
  const { thread: _, ...start } = { ...FALL, thread: '' };
  const { time, pid } = start;
  write({ type: 'start', time, pid, supervisorPid: 9, command: ['demo'], version: '0.1.0' }, FALL, {
    type: 'exit',
    time,
    pid,
    code: null,
    signal: 'SIGSEGV',
  });
  const changes = '12 pages written back, 1 page dropped, 2 threads ended';
  const { code, stdout, stderr } = await runCli(base, 'log', 'demo');
  assert.equal(stderr, '');
  assert.equal(code, 0);
  const lines = stdout.split('\n').map((line) => line.replace(/^[\d-]+ [\d:.]+ {2}/, ''));
  assert.deepEqual(lines, [
    `${NO_PID} is supervised by 9: demo`,
    `${NO_PID} fell: thread 12 (wor\\x1bker)`,
    '    SIGSEGV (SEGV_MAPERR) at 0x7f0000000008 in handle+0x1c (server.c:12)',
    '    instruction: 0x55500001139, /usr/bin/demo',
    '    mapping: 7f0000000000-7f0000001000 r--p 00000000 00:00 0 [vvar]',
    `    back to point 3 (rollback 2): ${changes}, in 84 µs`,
    '    ! file 7 cannot be opened again',
    `${NO_PID} died of SIGSEGV`,
    '',
  ]);
});

test('a longjmp, a rewind and a signal that was not caught are told apart', async () => {
  const { time, pid, tid, thread } = FALL;
  const where = { path: '/usr/bin/demo', moduleOffset: '0x1139' };
  const jump = { ...FALL, cause: 'longjmp', value: 7, where } as const;
  const { codeName: _code, address: _address, signal: _signal, ...bare } = jump;
  write(
    bare,
    { ...bare, cause: 'operator' },
    {
      type: 'giveup',
      time,
      pid,
      tid,
      thread,
      signal: 'SIGBUS',
      falls: 4,
      reason: 'no point is left',
    },
  );
  const { stdout } = await runCli(base, 'log', String(NO_PID));
  assert.match(stdout, /^ {4}tlongjmp\(3, 7\) in \/usr\/bin\/demo\+0x1139$/m);
  assert.match(stdout, /jumped back: thread 12/);
  assert.match(stdout, /was rewound from outside: thread 12/);
  assert.equal(stdout.split('was rewound').length, 2);
  assert.doesNotMatch(stdout, /fell: /);
  assert.match(stdout, /fell and was not caught: thread 12/);
  assert.match(stdout, /^ {4}the signal was delivered after 4 falls: no point is left$/m);
});

test('--json gives every record as it is, and says how many lines are none', async () => {
  const later = '{"type":"eclipse","time":1,"pid":7,"at":18446744073709551615}';
  const hang = { ...FALL, cause: 'hang', extra: [1] };
  write(FALL);
  add('noise\n', `${later}\n`, `${JSON.stringify(hang)}\n`, `${'x'.repeat(5 << 20)}\n`);
  write({ ...FALL, cd: 4 });
  const { stdout, stderr } = await runCli(base, 'log', 'demo', '--json');
  const lines = stdout.trim().split('\n');
  assert.equal(lines[1], later);
  const records = lines.map((line): unknown => JSON.parse(line));
  assert.deepEqual([records[0], ...records.slice(2, 4)], [FALL, hang, { ...FALL, cd: 4 }]);
  assert.equal(records.length, 5);
  assert.equal(stderr, 'belay: 2 lines of the log are not records\n');
});

test('what this release does not know is told as far as it can be', async () => {
  write(FALL);
  add('{"type":"eclipse\u202e","time":0,"pid":7}\n', '{"moon":1}\n');
  const { stdout } = await runCli(base, 'log', 'demo');
  assert.match(stdout, /^1970-01-01 .+ {2}7 eclipse\\u\{202e\}, which this release/m);
  assert.match(stdout, /^ {4}\{"moon":1\}$/m);
});

test('a record that was half written when the disk was full costs no other', () => {
  write(FALL);
  add('{"type":"fall","ti');
  write({ ...FALL, cd: 4 });
  add(JSON.stringify({ ...FALL, cd: 5 }));
  const bad = { count: 0 };
  const falls = [...readLog(directory, bad)].filter((record) => record.type === 'fall');
  assert.deepEqual(
    falls.map(({ cd }) => cd),
    [3, 4, 5],
  );
  assert.equal(bad.count, 1);
});

test('a log that grows too large becomes the old one, and both are read in order', () => {
  const size = JSON.stringify(FALL).length + 1;
  const log = new LogWriter(directory, size * 3);
  for (let cd = 1; cd <= 7; cd += 1) log.append({ ...FALL, cd });
  log.close();
  const falls = [...readLog(directory)].filter((record) => record.type === 'fall');
  const read = falls.map(({ cd }) => cd);
  assert.deepEqual(read, [4, 5, 6, 7]);
});

test('a supervisor killed in the middle of a rollback is told of, and noted once', () => {
  write(FALL);
  const state = encodeRollbackState({ phase: 1, pid: NO_PID, cd: 3, timeMs: TIME });
  writeFileSync(join(directory, 'state'), state);
  for (const _ of [1, 2]) {
    const records = [...readLog(directory)];
    assert.deepEqual(
      records.map(({ type }) => type),
      ['fall', 'killed'],
    );
    const killed = records[1];
    assert.ok(killed?.type === 'killed');
    assert.match(killed.message, /killed in the middle of a rollback; .+ ended by SIGKILL/);
    assert.equal(killed.time, TIME);
  }
  const lines = readFileSync(join(directory, 'log.ndjson'), 'utf8').trim().split('\n');
  assert.equal(lines.length, 2);
});

test('a supervisor killed between rollbacks is told of, and nothing is noted', () => {
  write(FALL);
  const [, lost] = [...readLog(directory)];
  assert.ok(lost?.type === 'detach');
  assert.match(lost.reason, /ended without notice, .+ went on by itself, or had ended before$/);
  assert.equal(readFileSync(join(directory, 'log.ndjson'), 'utf8').trim().split('\n').length, 1);
});

test('while the supervisor lives a rollback is under way, not cut short', () => {
  const state = encodeRollbackState({ phase: 1, pid: NO_PID, cd: 3, timeMs: TIME });
  writeFileSync(join(directory, 'state'), state);
  const startTime = readStartTime(process.pid) ?? 0;
  const alive = { supervisorPid: process.pid, supervisorStartTime: startTime };
  writeSupervisorFile(directory, ownSupervisorFile(alive));
  write(FALL);
  assert.equal([...readLog(directory)].length, 1);
});

/** A process that stands for the supervisor, and what is running for it in the state directory. */
function startSupervisor(t: TestContext): ChildProcess {
  const child = spawn('sleep', ['60']);
  t.after(() => child.kill('SIGKILL'));
  const supervisorPid = child.pid ?? 0;
  const supervisorStartTime = readStartTime(supervisorPid) ?? 0;
  const file = { pid: NO_PID, supervisorPid, supervisorStartTime };
  writeSupervisorFile(directory, ownSupervisorFile(file));
  return child;
}

async function readRecordTypes(): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of readSettledLog(directory)) types.push(type);
  return types;
}

test('what a supervisor still writes when its program has just ended is waited for', async (t) => {
  startSupervisor(t);
  const log = new LogWriter(directory);
  log.append(FALL);
  const reading = readRecordTypes();
  await sleep(200);
  log.append({ ...FALL, pid: NO_PID + 1, cd: 1 });
  log.append({ type: 'exit', time: TIME, pid: NO_PID, code: 0, signal: null });
  log.close();
  assert.deepEqual(await reading, ['fall', 'fall', 'exit']);
});

test('once the program’s end is written its supervisor is not waited for', async (t) => {
  startSupervisor(t);
  write({ type: 'exit', time: TIME, pid: NO_PID, code: 0, signal: null }, { ...FALL, pid: 7 });
  const startedAt = performance.now();
  assert.deepEqual(await readRecordTypes(), ['exit', 'fall']);
  assert.ok(performance.now() - startedAt < SETTLE_MS);
});

test('a supervisor that says nothing of the end is waited for 3 s', async (t) => {
  startSupervisor(t);
  write(FALL);
  const startedAt = performance.now();
  assert.deepEqual(await readRecordTypes(), ['fall']);
  assert.ok(performance.now() - startedAt >= SETTLE_MS);
});

test('following goes on through a rotation and ends with the supervisor', async (t) => {
  const child = startSupervisor(t);
  const size = JSON.stringify(FALL).length + 1;
  const log = new LogWriter(directory, size * 2);
  log.append({ ...FALL, cd: 1 });
  const seen: number[] = [];
  const following = (async () => {
    for await (const record of followLog(directory)) {
      if (record.type === 'fall') seen.push(record.cd);
    }
  })();
  await eventually(() => seen.length === 1);
  for (const cd of [2, 3, 4]) log.append({ ...FALL, cd });
  await eventually(() => seen.length === 4);
  child.kill('SIGKILL');
  await following;
  log.close();
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test('a log that is a link to something else is not read', async () => {
  symlinkSync('/etc/passwd', join(directory, 'log.ndjson'));
  assert.deepEqual([...readLog(directory)], []);
  const log = new LogWriter(directory);
  log.append(FALL);
  assert.match(log.lost?.reason ?? '', /the log cannot be written: too many symbolic links/);
  assert.equal((await runCli(base, 'log', 'demo')).stdout, '');
});
