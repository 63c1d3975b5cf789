/** /proc/PID/mountinfo: which device is mounted where. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { parseMountDevices, parseServedMounts, toDevice } from '../../src/procfs/mountinfo.ts';

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

test('mounts that a process or another machine serves are told from others', () => {
  const lines = [
    '22 27 0:21 / /proc rw - proc proc rw',
    '30 27 0:40 / /mnt/a\\040b rw,nosuid shared:5 - fuse.sshfs me@there:/ rw',
    '31 27 0:41 /x / rw master:1 propagate_from:2 - fuse /dev/fuse rw',
    '32 27 0:42 / /home rw - nfs4 server:/fuse rw',
    '33 27 0:43 / /tmp rw - tmpfs fuse rw',
  ];
  assert.deepEqual(parseServedMounts(lines.join('\n')), [
    { id: 30, place: '/mnt/a b' },
    { id: 31, place: '' },
    { id: 32, place: '/home' },
  ]);
});

test('what stat(2) tells is written the same way', () => {
  assert.equal(toDevice(0x803), '08:03');
  assert.equal(toDevice(259 * 256 + 0x2c + 0x100000), '103:12c');
  assert.match(toDevice(statSync('/').dev), /^[0-9a-f]{2,}:[0-9a-f]{2,}$/);
});
