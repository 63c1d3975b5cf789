/** How `belay log` tells of ends that a supervisor could not write itself. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { readLog } from '../../src/client/log-reader.ts';
import { LogWriter } from '../../src/desk/log-writer.ts';
import type { LogRecord } from '../../src/protocol/records.ts';
import { createStateDirectory } from '../../src/registry/state-directory.ts';
import { StateWriter } from '../../src/registry/state-writer.ts';
import { makeBase, makeFall, ownSupervisorFile } from './worker-harness.ts';

/** Above any pid there can be: nothing of that pid runs. */
const NO_PID = 2 ** 22 + 1;
const TIME = Date.UTC(2026, 2, 1, 12);
const FALL = makeFall({ pid: NO_PID, time: TIME });
let base = '';
let directory = '';

beforeEach(() => {
  base = makeBase();
  const file = ownSupervisorFile({ pid: NO_PID, supervisorPid: NO_PID });
  directory = createStateDirectory(file, { path: base, uid: file.uid });
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

function write(...records: LogRecord[]): void {
  const log = new LogWriter(directory);
  for (const record of records) log.append(record);
  log.close();
}

const EXIT = { type: 'exit', time: TIME, code: 0, signal: null } as const;
const START = {
  type: 'start' as const,
  time: TIME,
  supervisorPid: 1,
  command: ['x'],
  version: '1',
};
/** A process that runs, and one that does not. */
const [RUNNING, ENDED] = [process.pid, NO_PID + 1];

function readEndings(): string[] {
  return [...readLog(directory)].map(({ type, pid }) => `${type} ${pid}`);
}

test('the end of a child does not hide that of the supervisor', () => {
  const forked = { type: 'fork', time: TIME, pid: NO_PID, child: ENDED } as const;
  write({ ...START, pid: NO_PID }, forked, { ...EXIT, pid: ENDED });
  assert.equal(readEndings().at(-1), `detach ${NO_PID}`);
});

test('who ran still when the supervisor was killed is told of, and nobody else', () => {
  const fork = { type: 'fork', time: TIME, pid: NO_PID } as const;
  write({ ...START, pid: NO_PID }, { ...fork, child: ENDED }, { ...fork, child: RUNNING });
  assert.deepEqual(readEndings().slice(3), [`detach ${NO_PID}`, `detach ${RUNNING}`]);
  write({ ...EXIT, pid: NO_PID });
  assert.deepEqual(readEndings().slice(4), [`detach ${RUNNING}`]);
});

test('a supervisor that was killed before the program had another one is told of', () => {
  write({ ...START, pid: NO_PID }, FALL, { ...START, time: TIME + 1, pid: NO_PID });
  write({ type: 'detach', time: TIME, pid: NO_PID, reason: 'asked to' });
  write({ ...START, time: TIME + 2, pid: NO_PID }, { ...EXIT, pid: NO_PID });
  const types = [...readLog(directory)].map(({ type }) => type);
  assert.deepEqual(types, ['start', 'fall', 'detach', 'start', 'detach', 'start', 'exit']);
});

test('an end that found no room in the log is none without notice', () => {
  write({ ...START, pid: NO_PID }, FALL);
  const state = new StateWriter(directory);
  state.finish(NO_PID, 7);
  const lost = [...readLog(directory)].at(-1);
  assert.ok(lost?.type === 'lost');
  assert.deepEqual([lost.pid, lost.count, lost.since], [NO_PID, 7, TIME]);
  state.finish(NO_PID, 0);
  assert.deepEqual(readEndings(), [`start ${NO_PID}`, `fall ${NO_PID}`]);
  state.begin(NO_PID, 3);
  state.finish(NO_PID, 0);
  state.close();
  assert.equal(readEndings().at(-1), `killed ${NO_PID}`);
});
