/** For which signals a process has handlers, as it is now. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { CaughtSignals } from '../../src/tracee/caught-signals.ts';

const { SIGIO, SIGWINCH } = os.constants.signals;

test('a handler is seen as soon as it is there, and no more when it is gone', () => {
  const caught = new CaughtSignals(process.pid);
  const ignore = () => undefined;
  assert.equal(caught.has(SIGIO), false);
  process.on('SIGIO', ignore);
  assert.equal(caught.has(SIGIO), true);
  assert.equal(caught.has(SIGWINCH), false);
  process.on('SIGWINCH', ignore);
  assert.equal(caught.has(SIGWINCH), true);
  process.off('SIGIO', ignore);
  process.off('SIGWINCH', ignore);
  assert.equal(caught.has(SIGIO), false);
  assert.equal(caught.has(SIGWINCH), false);
  caught.close();
});

test('its descriptor is closed, and opened again when it is asked once more', () => {
  const before = readdirSync('/proc/self/fd').length;
  const caught = new CaughtSignals(process.pid);
  caught.has(SIGIO);
  assert.equal(readdirSync('/proc/self/fd').length, before + 1);
  caught.close();
  assert.equal(readdirSync('/proc/self/fd').length, before);
  caught.has(SIGIO);
  caught.close();
});

test('a process that is not there has none', () => {
  assert.equal(new CaughtSignals(2 ** 22 + 1).has(SIGIO), false);
});
