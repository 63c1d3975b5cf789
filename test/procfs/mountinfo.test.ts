/** /proc/PID/mountinfo: which device is mounted where. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { parseMountDevices, toDevice } from '../../src/procfs/mountinfo.ts';

test('devices are written as /proc/locks has them, by the id of the mount', () => {
  const text =
    '22 27 0:21 / /proc rw - proc proc rw\n1043 27 259:300 /a\\040b / rw - ext4 /dev/x rw\n';
  const expected = [
    [22, '00:15'],
    [1043, '103:12c'],
  ];
  assert.deepEqual([...parseMountDevices(text)], expected);
  assert.deepEqual([...parseMountDevices('')], []);
});

test('what stat(2) tells is written the same way', () => {
  assert.equal(toDevice(0x803), '08:03');
  assert.equal(toDevice(259 * 256 + 0x2c + 0x100000), '103:12c');
  assert.match(toDevice(statSync('/').dev), /^[0-9a-f]{2,}:[0-9a-f]{2,}$/);
});
