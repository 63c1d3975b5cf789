/** The checker of the kernel's state can fail: what differs is found, and what only runs is not. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { after, test } from 'node:test';
import { openWorkshop } from './campaign.ts';
import { judge } from './excuses.ts';
import { type Entry, compareKernelStates, readKernelState } from './kernel-state.ts';

const workshop = openWorkshop();
after(() => workshop[Symbol.dispose]());

const entry = (what: string, whose: string, value: string): Entry => ({ what, whose, value });

function names(before: Entry[], now: Entry[]): string[] {
  return compareKernelStates(before, now).map(({ what }) => what);
}

test('an entry that is another, is gone or is new is a difference', () => {
  const one = entry('flags', 'fd 7', '0');
  assert.deepEqual(names([one], [one]), []);
  assert.deepEqual(names([one], [entry('flags', 'fd 7', '2')]), ['flags']);
  assert.deepEqual(names([one], []), ['flags']);
  assert.deepEqual(names([], [one]), ['flags']);
});

test('of a number that leads to another file nothing else is told', () => {
  const before = [entry('file', 'fd 7', 'pipe of 1'), entry('flags', 'fd 7', '0')];
  const now = [entry('file', 'fd 7', 'eventfd of 2'), entry('flags', 'fd 7', '2')];
  assert.deepEqual(names(before, now), ['file.pipe']);
});

test('time that runs is no difference, but a timer that stands still is', () => {
  const of = (value: string): Entry[] => [entry('timerfd.it_value', 'fd 7', value)];
  assert.deepEqual(names(of('(5000, 1)'), of('(4990, 7)')), []);
  assert.deepEqual(names(of('(5000, 1)'), of('(4000, 1)')), ['timerfd.it_value']);
  assert.deepEqual(names(of('(5, 1)'), of('(0, 0)')), ['timerfd.it_value']);
});

test('signals that have come and those that have gone are told apart', () => {
  const of = (value: string): Entry[] => [entry('pending', 'the process', value)];
  assert.deepEqual(names(of('1'), of('2')), ['pending.gone', 'pending.come']);
  assert.deepEqual(names(of('0'), of('10000000')), ['pending.sigio']);
});

test('what goes through a FIFO that others can write to has a name of its own', () => {
  const fifo = entry('fifo.reader', 'fd 7', 'alone');
  const of = (value: string): Entry[] => [entry('pipe.content', 'fd 7', value)];
  assert.deepEqual(names(of('0 bytes'), of('1 bytes')), ['pipe.content']);
  const [before, now] = [of('0 bytes'), of('1 bytes')].map((entries) => [fifo, ...entries]);
  assert.deepEqual(names(before ?? [], now ?? []), ['fifo.pipe.content']);
});

test('what is named is no fault, and else it is one', () => {
  const difference = { kind: 'state', what: 'flags', text: '' } as const;
  assert.equal(judge([difference], 0).left.length, 1);
  assert.equal(judge([difference], 8).excused[0]?.outcome, 'named');
  assert.equal(judge([{ kind: 'memory', text: '' }], 8).left.length, 1);
});

test('a process that nothing happens to reads the same again, to each descriptor', async () => {
  const file = openSync(workshop.dataFile, 'r');
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'pipe', file, 'pipe'] });
  try {
    await new Promise((resolve) => child.once('spawn', resolve));
    const looker = { program: workshop.looker, report: 'action 5 1 2\n' };
    const [before, now] = [0, 0].map(() => readKernelState(child.pid ?? 0, looker));
    assert.deepEqual(compareKernelStates(before ?? [], now ?? []), []);
    const has = (what: string, whose: string, value: RegExp): void => {
      const found = before?.find((each) => each.what === what && each.whose === whose);
      assert.match(found?.value ?? 'none', value, what);
    };
    has('file', 'fd 3', /^regular of device/);
    has('position', 'fd 3', /^0$/);
    has('file', 'fd 4', /^unix-socket/);
    has('socket.content', 'fd 4', /^0 bytes/);
    has('process.cwd', 'the process', /^\//);
    has('told.action', '5', /^1 2$/);
  } finally {
    child.kill('SIGKILL');
    closeSync(file);
  }
});
