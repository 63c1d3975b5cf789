/** What other users' supervisors and logs say neither commands a terminal nor holds anybody up. */
import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Connection } from '../../src/client/connection.ts';
import { statusResultSchema } from '../../src/client/find-targets.ts';
import { BelayError } from '../../src/errors.ts';
import { ownSupervisorFile } from '../people/worker-harness.ts';
import {
  HELLO,
  POINT,
  STRANGER,
  answeringAll,
  forge,
  giveAway,
  isRoot,
  ownBase,
  remove,
  runBelay,
  serve,
  statusOf,
  strangersBase,
  tracedPid,
} from './forge.ts';

const EVIL = '\x1b]0;pwn\x07\x1b[31mRED\u202e\u009b31m\n! line2';

describe('a supervisor whose answers are made to be printed', () => {
  const { options } = ownSupervisorFile();
  for (const on of [['SIGSEGV', EVIL], ['SIGSEGV']]) {
    test(`nothing of it commands the terminal or forges a line: ${on.length} signals`, async () => {
      const pid = tracedPid();
      const directory = forge(ownBase, pid);
      const evil = { command: [EVIL], names: [EVIL], warnings: [EVIL] };
      const status = { ...statusOf(pid), ...evil, options: { ...options, on } };
      const points = [{ ...POINT, losses: [EVIL] }];
      await serve(directory, answeringAll({ status: [status], points }));
      for (const words of [['ps'], ['show', String(pid)], ['show', String(pid), '--json']]) {
        const { stdout, stderr } = await runBelay(...words);
        const text = stdout + stderr;
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u, words.join(' '));
        assert.doesNotMatch(text, /^! line2/m);
      }
      remove(directory);
    });
  }
});

test('logs that are too long to be looked through for a name are cut off, by name', async () => {
  const directories = Array.from({ length: 20 }, (_, index) => {
    const directory = forge(ownBase, 2 ** 22 + 1 + index, { supervisorStartTime: 1, startTime: 7 });
    for (const name of ['log.ndjson', 'log.old.ndjson']) {
      writeFileSync(path.join(directory, name), '', { mode: 0o600 });
      truncateSync(path.join(directory, name), 64 * 1024 * 1024);
    }
    return directory;
  });
  const { code, stderr } = await runBelay('log', 'no-such-name');
  assert.equal(code, 125);
  const told = stderr.split('\n').filter((line) => line.includes('its logs are too long'));
  assert.deepEqual([told.length, told[0]?.startsWith(`belay: ignored ${ownBase}: `)], [1, true]);
  for (const directory of directories) remove(directory);
});

test('what their supervisor says is told as its words, without advice', async () => {
  if (!isRoot) return;
  mkdirSync(strangersBase, { recursive: true, mode: 0o700 });
  const directory = forge(strangersBase, process.pid);
  giveAway(strangersBase);
  const error = { code: 'EFORGED', message: 'belay is out of date', hint: 'run this' };
  // The kernel notes who listens.
  process.seteuid?.(STRANGER);
  try {
    await serve(directory, (socket) => {
      socket.write(HELLO);
      socket.once('data', () => socket.write(`${JSON.stringify({ id: 1, error })}\n`));
    });
  } finally {
    process.seteuid?.(0);
  }
  const connection = await Connection.open(directory);
  const message = `the supervisor of user ${STRANGER} says: belay is out of date`;
  await assert.rejects(connection.request('status', {}, statusResultSchema), (thrown) => {
    assert(thrown instanceof BelayError);
    const { code, hint } = thrown;
    assert.deepEqual([code, thrown.message, hint], ['EPROTOCOL', message, undefined]);
    return true;
  });
  connection.close();
  remove(directory);
});
