/** Mappings with pages that were given up, by what /proc/PID/smaps tells of each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { listFreedRanges } from '../../src/procfs/freed-ranges.ts';

function mapping(line: string, kb: Readonly<Record<string, number>>): string {
  const lines = Object.entries(kb).map(([name, value]) => `${name}:     ${value} kB\n`);
  return `${line} 00000000 00:00 0 \n${lines.join('')}VmFlags: rd wr mr \n`;
}

test('those with anonymous pages that are clean', () => {
  const smaps = [
    mapping('1000-3000 rw-p', { Shared_Dirty: 0, Private_Dirty: 8, Anonymous: 8 }),
    mapping('3000-5000 rw-p', { Shared_Dirty: 0, Private_Dirty: 4, Anonymous: 8 }),
    mapping('5000-7000 rw-p', { Shared_Dirty: 4, Private_Dirty: 4, Anonymous: 8 }),
    mapping('7000-9000 r--p', { Shared_Clean: 8, Shared_Dirty: 0, Private_Dirty: 0, Anonymous: 0 }),
    mapping('7f0000000000-7f0000002000 rw-p', { Shared_Dirty: 0, Private_Dirty: 0, Anonymous: 4 }),
  ];
  assert.deepEqual(listFreedRanges(Buffer.from(smaps.join(''))), [
    { start: 0x3000, end: 0x5000 },
    { start: 0x7f0000000000, end: 0x7f0000002000 },
  ]);
  assert.deepEqual(listFreedRanges(Buffer.from(smaps.join('').slice(0, -20))).length, 1);
});

test('a name does not pass for a count', () => {
  const name = '/tmp/a\\012Anonymous: 0 kB\\012VmFlags:';
  const counts =
    '\nShared_Dirty: 0 kB\nPrivate_Dirty:     4 kB\nAnonymous:     4 kB\nVmFlags: rd \n';
  const smaps = `1000-3000 rw-p 00000000 fe:00 1234   ${name}${counts}`;
  assert.deepEqual(listFreedRanges(Buffer.from(smaps)), []);
});

test('of this very process there are few', () => {
  assert.ok(listFreedRanges(readFileSync('/proc/self/smaps')).length < 5);
});
