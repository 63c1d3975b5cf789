/**
 * Thread ids in the program's own pid namespace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnIds, parseNamespaceIds } from '../../src/tracee/own-ids.ts';

test('ids come from the innermost namespace outwards', () => {
  assert.deepEqual(parseNamespaceIds('Pid:\t70\nNSpid:\t70\t12\t1\nNSpgid:\t9\n'), [1, 12, 70]);
  assert.deepEqual(parseNamespaceIds('Pid:\t70\n'), []);
});

test('in our own namespace an id is what we know it by', () => {
  assert.deepEqual(new OwnIds(process.pid).of(process.pid), [process.pid]);
  assert.equal(new OwnIds(process.pid).ownIdOf(0), 0);
});
