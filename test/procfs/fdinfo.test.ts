/**
 * parseFdInfo against texts of the kernel, and against descriptors of this process.
 */
import assert from 'node:assert/strict';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { parseFdInfo } from '../../src/procfs/fdinfo.ts';

test('every field, and what a kind of file adds', () => {
  const text =
    'pos:\t18446744073709551615\nflags:\t02004002\nmnt_id:\t9\nino:\t1057\neventfd-count: 5\n';
  assert.deepEqual(parseFdInfo(text), {
    pos: 18446744073709551615n,
    flags: 0o2004002,
    mountId: 9,
    inode: 1057n,
    extra: new Map([['eventfd-count', '5']]),
  });
});

test('a kernel without ino', () => {
  const info = parseFdInfo('pos:\t7\nflags:\t0100000\nmnt_id:\t29\n');
  assert.deepEqual(info, { pos: 7n, flags: 0o100000, mountId: 29, extra: new Map() });
});

test('a text that is no fdinfo', () => {
  for (const text of [
    '',
    'pos:\t1\n',
    'pos:\t1\nflags:\t9\nmnt_id:\t1\n',
    'pos:\nflags:\nmnt_id:\n',
  ]) {
    assert.equal(parseFdInfo(text), undefined, text);
  }
});

test('offset, flags and inode of an open file', () => {
  const fd = openSync(import.meta.filename, constants.O_RDONLY | constants.O_NOATIME);
  try {
    readSync(fd, Buffer.alloc(33), 0, 33, null);
    const info = parseFdInfo(readFileSync(`/proc/self/fdinfo/${fd.toString()}`, 'utf8'));
    assert.equal(info?.pos, 33n);
    assert.ok(info.flags & constants.O_NOATIME);
    assert.equal(info.flags & 3, constants.O_RDONLY);
    if (info.inode !== undefined) assert.equal(info.inode, fstatSync(fd, { bigint: true }).ino);
  } finally {
    closeSync(fd);
  }
});
