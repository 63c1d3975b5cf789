/** Mappings of which nothing is lost when their pages are dropped. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { listCleanMappings } from '../../src/procfs/clean-mappings.ts';
import { parseMaps } from '../../src/procfs/maps.ts';

function mapping(line: string, anonymousKb: number): string {
  return `${line}\nSize: 8 kB\nRss: 8 kB\nAnonymous:     ${anonymousKb} kB\nVmFlags: rd mr \n`;
}

const FILE = '00000000 fe:00 1234   /usr/lib/libc.so.6';

test('code and constants of files, of which no page was written', () => {
  const smaps = [
    mapping(`1000-3000 r-xp ${FILE}`, 0),
    mapping(`3000-4000 r--p ${FILE}`, 0),
    // Relocated, then made read-only.
    mapping(`4000-5000 r--p ${FILE}`, 4),
    mapping(`5000-6000 rw-p ${FILE}`, 0),
    mapping(`6000-7000 r--s ${FILE}`, 0),
    mapping('7000-8000 r-xp 00000000 00:00 0   [vdso]', 0),
    mapping('8000-9000 r--p 00000000 00:00 0', 0),
  ].join('');
  assert.deepEqual(listCleanMappings(smaps), [
    { start: 0x1000, end: 0x3000 },
    { start: 0x3000, end: 0x4000 },
  ]);
});

test('a name does not pass for a mapping or a count', () => {
  const name = '/tmp/a\\012Anonymous: 0 kB\\0129000-a000 r-xp';
  const smaps = mapping(`1000-3000 r-xp 00000000 fe:00 1234   ${name}`, 4);
  assert.deepEqual(listCleanMappings(smaps), []);
});

test('of this very process', () => {
  const clean = listCleanMappings(readFileSync('/proc/self/smaps', 'latin1'));
  const code = parseMaps(readFileSync('/proc/self/maps', 'latin1')).filter(
    ({ executable, writable, inode }) => executable && !writable && inode !== 0,
  );
  const isFound = ({ start, end }: { start: number; end: number }) =>
    clean.some((each) => each.start === start && each.end === end);
  assert.ok(code.length > 0);
  assert.deepEqual(code.filter(isFound), code);
});
