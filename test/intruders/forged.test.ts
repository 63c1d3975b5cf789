/**
 * What is in a state directory is whatever somebody wrote there: an entry that is not what it says
 * is ignored by name, and neither holds up nor changes what is told of the others.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { readStartTime } from '../../src/registry/process-identity.ts';
import type { SupervisorFile } from '../../src/registry/state-files.ts';
import { start, until } from '../real/started.ts';
import { BIN_BELAY } from '../support/paths.ts';
import {
  HELLO,
  STRANGER,
  answering,
  forge,
  giveAway,
  isRoot,
  ownBase,
  remove,
  runBelay,
  runBelayAt,
  serve,
  statusOf,
  strangersBase,
  tracedPid,
  untracedPid,
} from './forge.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';

/** `ps` leaves the entry out, says why, and tells of the others as it should. */
async function assertIgnored(directory: string, pid: number, why: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runBelay('ps');
  const lines = stderr.split('\n').filter((line) => line.includes(path.dirname(directory)));
  assert.equal(lines.length, 1, stderr);
  assert(lines[0]?.startsWith(`belay: ignored ${directory}: `), lines[0]);
  assert.match(lines[0] ?? '', why);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, new RegExp(`^ *${pid} `, 'm'));
}

describe("one's own directory", () => {
  type Damage = [what: string, damage: (directory: string) => void, why: RegExp];
  const file = (directory: string): string => path.join(directory, 'supervisor.json');
  const replace = (make: (name: string) => void) => (directory: string) => {
    rmSync(file(directory));
    make(file(directory));
  };
  const setSignals = (on: string[]) => (directory: string) => {
    const forged = JSON.parse(readFileSync(file(directory), 'utf8')) as SupervisorFile;
    const options = { ...forged.options, on };
    writeFileSync(file(directory), JSON.stringify({ ...forged, options }));
  };
  const damages: Damage[] = [
    ['a FIFO', replace((name) => spawnSync('mkfifo', [name])), /is not a file/],
    ['a link', replace((name) => symlinkSync('/proc/self/status', name)), /ELOOP/],
    ['a directory', replace((name) => mkdirSync(name)), /is not a file/],
    ['open to others', (directory) => chmodSync(file(directory), 0o666), /written by others/],
    ['endless', (directory) => truncateSync(file(directory), 2 ** 40), /is larger than/],
    ['with a signal of its own', setSignals(['SIGSEGV', '\x1b[2J']), /makes no sense/],
    ['no JSON', (directory) => truncateSync(file(directory), 20), /makes no sense/],
    ['open itself', (directory) => chmodSync(directory, 0o777), /others can write/],
  ];
  for (const [what, damage, why] of damages) {
    test(`an entry with a supervisor.json that is ${what}`, async () => {
      const pid = tracedPid();
      const directory = forge(ownBase, pid);
      damage(directory);
      await assertIgnored(directory, pid, why);
      remove(directory);
    });
  }

  test('an entry of another process than its name says', async () => {
    const pid = tracedPid();
    const directory = forge(ownBase, pid, { pid: process.pid });
    await assertIgnored(directory, pid, /is of process/);
    remove(directory);
  });

  test('an entry of a process that is not traced', async () => {
    const pid = untracedPid();
    const directory = forge(ownBase, pid);
    await serve(directory, answering([statusOf(pid)]));
    await assertIgnored(directory, pid, /is not traced by/);
    remove(directory);
  });

  test('a supervisor that tells of a process it does not trace', async () => {
    const [pid, other] = [tracedPid(), untracedPid()];
    const directory = forge(ownBase, pid);
    await serve(directory, answering([statusOf(other)]));
    await assertIgnored(directory, other, /which it does not trace/);
    remove(directory);
  });

  test('a supervisor that tells of a process that is about to end', async () => {
    const [pid, other] = [tracedPid(), untracedPid()];
    const directory = forge(ownBase, pid);
    const answer = answering([statusOf(other)]);
    await serve(directory, (socket) => {
      answer(socket);
      socket.once('data', () => setTimeout(() => process.kill(other, 'SIGKILL'), 20));
    });
    const { code, stderr } = await runBelay('ps');
    assert.deepEqual([code, stderr], [0, '']);
    remove(directory);
  });

  test('another process that answers on its socket', async () => {
    const pid = tracedPid();
    const directory = forge(ownBase, pid);
    const code = `require('net').createServer().listen('socket')`;
    const { pid: impostor } = start([process.execPath, '-e', code], { cwd: directory });
    await until(
      'it listens',
      () => spawnSync('test', ['-S', path.join(directory, 'socket')]).status === 0,
    );
    await assertIgnored(directory, pid, new RegExp(`process ${impostor} of user \\d+ answers`));
    process.kill(impostor, 'SIGKILL');
    remove(directory);
  });

  test('a socket that is a link or a FIFO', async () => {
    const pid = tracedPid();
    const directory = forge(ownBase, pid);
    const socket = path.join(directory, 'socket');
    for (const make of [
      () => spawnSync('mkfifo', [socket]),
      () => symlinkSync('/dev/zero', socket),
    ]) {
      make();
      await assertIgnored(directory, pid, /its socket is none/);
      rmSync(socket);
    }
    remove(directory);
  });
});

// Each has a directory of its own, and most wait for the whole time that an answer may take.
const atOnce = { concurrency: true };

describe('a supervisor that is true and does not answer as it should', atOnce, () => {
  const manners: [what: string, answer: (socket: Socket) => void][] = [
    ['never says anything', () => undefined],
    ['greets and says nothing more', (socket) => socket.write(HELLO)],
    [
      'says more and more',
      (socket) => {
        const more = Buffer.alloc(1024 * 1024, 'A');
        const write = (): boolean => socket.write(more);
        socket.on('drain', write);
        write();
      },
    ],
    ['says nonsense', (socket) => socket.write('{"belay":1}\n\x1b[2J\n')],
    ['answers nonsense', answering({ pid: {} })],
  ];
  for (const [what, answer] of manners) {
    test(`and ${what}: the others are told of, and can be asked`, async () => {
      const base = mkdtempSync(`${ownBase}-`);
      const [pid, other] = [tracedPid(), tracedPid()];
      const [bad, good] = [forge(base, pid), forge(base, other)];
      await serve(bad, answer);
      await serve(good, answering([statusOf(other)]));
      const { code, stdout, stderr } = await runBelayAt(base, 'ps');
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^ *${other} .* ./told$`, 'm'));
      assert.match(stdout, new RegExp(`^! ${pid}: cannot `, 'm'));
      // The one that is meant is asked, and nobody else.
      const shown = await runBelayAt(base, 'show', String(other));
      assert.match(shown.stderr, /its answer to 'points' is not|no answer/);
      assert.equal(shown.code, 125, 'it ends, though the other side keeps the connection open');
    });
  }
});

describe("another user's directory, looked at by root", () => {
  const asStranger = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];

  function rootsView(...words: string[]): Promise<ProcessResult> {
    const env = { ...process.env };
    Reflect.deleteProperty(env, 'BELAY_DIR');
    return runProcess([BIN_BELAY, ...words], { env });
  }

  const linesOf = (stderr: string): string[] =>
    stderr.split('\n').filter((line) => line.includes(strangersBase));

  test('entries that tell of what is not theirs are ignored by name', async (t) => {
    if (!isRoot) {
      t.diagnostic('only root looks at other users’ directories');
      return;
    }
    mkdirSync(strangersBase, { mode: 0o700 });
    chownSync(strangersBase, STRANGER, STRANGER);
    const stranger = untracedPid(...asStranger);
    const strangers = {
      supervisorPid: stranger,
      supervisorStartTime: readStartTime(stranger) ?? 0,
      startedAt: 8e15,
    };
    const cases: [pid: number, overrides: Partial<SupervisorFile>, why: RegExp][] = [
      // Root's own supervisor, which is this process, and root's own program.
      [tracedPid(), {}, /its supervisor \d+ is a process of user 0/],
      [tracedPid(), strangers, /is not traced by/],
      [untracedPid(), strangers, /is one of user 0/],
      [untracedPid(), { ...strangers, supervisorStartTime: 1 }, /is one of user 0/],
    ];
    for (const [pid, overrides, why] of cases) {
      const directory = forge(strangersBase, pid, overrides);
      const record = { type: 'warning', time: 1e300, pid, message: 'FORGED' };
      writeFileSync(path.join(directory, 'log.ndjson'), `${JSON.stringify(record)}\n`);
      giveAway(directory);
      for (const words of [['ps'], ['log', String(pid)], ['rewind', String(pid)]]) {
        const { stdout, stderr } = await rootsView(...words);
        assert.match(linesOf(stderr).join(), why, words[0]);
        assert.doesNotMatch(stdout, /FORGED|\.\/forged/);
      }
      remove(directory);
    }
  });

  test('a file that is not theirs is not read, though it is theirs to put there', async () => {
    if (!isRoot) return;
    mkdirSync(strangersBase, { recursive: true, mode: 0o700 });
    const pid = untracedPid(...asStranger);
    const directory = forge(strangersBase, pid, { supervisorStartTime: 1 });
    const log = path.join(directory, 'log.ndjson');
    const record = { type: 'warning', time: 1, pid, message: 'SECRET' };
    writeFileSync(log, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    giveAway(strangersBase);
    assert.match((await rootsView('log', String(pid))).stdout, /SECRET/);
    chownSync(log, 0, 0);
    const { stdout, stderr } = await rootsView('log', String(pid));
    assert.doesNotMatch(stdout, /SECRET/);
    assert.match(linesOf(stderr).join(), /log.ndjson belongs to user 0/);
  });
});
