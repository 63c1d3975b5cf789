/** In which messages the tracer's news go to its worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromTracer } from '../../src/desk/messages.ts';
import { isPassing, Outgoing } from '../../src/desk/outgoing.ts';
import type { SupervisorEvent } from '../../src/protocol/records.ts';

const born = (child: number): SupervisorEvent => ({ type: 'fork', time: 1, pid: 1, child });
const CLOSE: FromTracer = { kind: 'close' };

test('the first birth is told at once, those that follow go together and in order', () => {
  const posted: FromTracer[] = [];
  const outgoing = new Outgoing((message) => posted.push(message));
  outgoing.put(born(1));
  assert.deepEqual(posted, [{ kind: 'events', events: [born(1)] }]);
  outgoing.put(born(2));
  outgoing.put(born(3));
  outgoing.send(CLOSE);
  assert.deepEqual(posted.slice(1), [{ kind: 'events', events: [born(2), born(3)] }, CLOSE]);
  outgoing.send(CLOSE);
  assert.equal(posted.length, 4, 'what was told is not told again');
});

test('those that wait are bounded, and are told when their time has come', () => {
  const posted: FromTracer[] = [];
  const outgoing = new Outgoing((message) => posted.push(message));
  for (let child = 0; child < 10_000; child += 1) outgoing.put(born(child));
  const counts = posted.map((message) => (message.kind === 'events' ? message.events.length : 0));
  assert.ok(counts.length > 1 && Math.max(...counts) <= 256, String(counts));
  outgoing.put(born(10_000));
  while (posted.length === counts.length) outgoing.onAlarm();
  const last = posted.at(-1);
  assert.ok(last?.kind === 'events');
  assert.deepEqual(last.events.at(-1), born(10_000));
});

test('what is dropped is not told', () => {
  const posted: FromTracer[] = [];
  const outgoing = new Outgoing((message) => posted.push(message));
  outgoing.put(born(1));
  outgoing.put(born(2));
  outgoing.drop();
  outgoing.send(CLOSE);
  assert.deepEqual(posted, [{ kind: 'events', events: [born(1)] }, CLOSE]);
});

test('nobody waits for births, execs and ends; falls and warnings are told at once', () => {
  assert.ok(isPassing(born(1)));
  assert.ok(!isPassing({ type: 'warning', time: 1, pid: 1, message: 'm' }));
});
