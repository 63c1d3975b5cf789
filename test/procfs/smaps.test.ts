/** /proc/PID/smaps: that of this process, and names that look like its lines. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseMaps } from '../../src/procfs/maps.ts';
import { parseSmaps } from '../../src/procfs/smaps.ts';

test('every mapping of this process has its flags', () => {
  const bytes = readFileSync('/proc/self/smaps');
  const headers = bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => /^[0-9a-f]+-[0-9a-f]+ /.test(line));
  const mappings = parseMaps(headers.join('\n'));
  const ranges = parseSmaps(bytes);
  assert.ok(mappings.length > 10 && ranges.length > 10);
  for (const { start, end, shared, writable, readable } of mappings) {
    const range = ranges.find((each) => each.start <= start && each.end >= end);
    assert.ok(range !== undefined, start.toString(16));
    const found = ['sh', 'wr', 'rd'].map((flag) => range.flags.has(flag));
    assert.deepEqual(found, [shared, writable, readable], start.toString(16));
  }
});

test('neighbours alike are one range, and a name is no line', () => {
  const odd = '/tmp/VmFlags: ex \\012ProtectionKey: 3';
  const text = [
    `1000-2000 rw-p 00000000 00:00 0 `,
    'Size: 4 kB',
    'VmFlags: rd wr sd ',
    `2000-3000 rw-p 00000000 08:01 7 ${' '.repeat(20)}${odd}`,
    'VmFlags: rd wr gu ',
    '3000-4000 rw-p 00000000 00:00 0 ',
    'ProtectionKey:         2',
    'VmFlags: rd wr lo ',
    '',
  ].join('\n');
  const ranges = parseSmaps(Buffer.from(text, 'latin1'));
  const found = ranges.map(({ start, end, flags, key }) => [start, end, [...flags].join(), key]);
  assert.deepEqual(found, [
    [0x1000, 0x3000, 'rd,wr', 0],
    [0x3000, 0x4000, 'rd,wr,lo', 2],
  ]);
});

test('a mapping that counts as watched has the flags of one that is', () => {
  const line = (start: string, flags: string): string =>
    `${start} rw-p 00000000 00:00 0 \nVmFlags: ${flags} \n`;
  const text =
    line('1000-2000', 'rd wr mr mw me uw ac sd') + line('2000-3000', 'rd wr mr mw me ac');
  assert.equal(parseSmaps(Buffer.from(text)).length, 2);
  const [range, ...others] = parseSmaps(Buffer.from(text), new Set([0x2000]));
  assert.deepEqual([range?.end, others], [0x3000, []]);
});
