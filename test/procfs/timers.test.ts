/** What /proc/PID/timers says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameTimer, parseTimers } from '../../src/procfs/timers.ts';

const TEXT = `ID: 4
signal: 14/0000000000000000
notify: signal/pid.10735
ClockID: 7
ID: 1
signal: 0/00001234567890ab
notify: none/pid.10735
ClockID: -6
ID: 0
signal: 34/ffffffffffffffff
notify: signal/tid.10736
ClockID: -2
`;

test('timers are read with all that the kernel tells of them', () => {
  assert.deepEqual(parseTimers(''), []);
  const timers = parseTimers(TEXT);
  assert.deepEqual(
    timers.map(({ id }) => id),
    [4, 1, 0],
  );
  assert.deepEqual(timers[2], {
    id: 0,
    signo: 34,
    value: 'ffffffffffffffff',
    notify: 'signal',
    isForThread: true,
    target: 10736,
    clock: -2,
  });
});

test('a timer is the same only when all of it is', () => {
  const [one] = parseTimers(TEXT);
  assert(one !== undefined);
  assert(isSameTimer(one, { ...one }));
  const others = [{ id: 5 }, { signo: 1 }, { value: '1' }, { notify: 'none' as const }];
  const more = [{ isForThread: true }, { target: 1 }, { clock: 1 }];
  for (const other of [...others, ...more]) assert(!isSameTimer(one, { ...one, ...other }));
});
