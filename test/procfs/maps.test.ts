/** Lines of /proc/PID/maps: those of this machine, and any that the kernel can write. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findMapping,
  isAnonymous,
  isKernelMapping,
  parseMaps,
  parseMapsLine,
  type Mapping,
} from '../../src/procfs/maps.ts';

const flag = fc.boolean();
/** Any bytes but NUL and the backslash: with `012` after it, that is read as a newline. */
const name = fc
  .array(fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x5c))
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const mapping: fc.Arbitrary<Mapping> = fc
  .record({
    start: fc.integer({ min: 0, max: 2 ** 35 }).map((page) => page * 4096),
    pages: fc.integer({ min: 1, max: 2 ** 20 }),
    readable: flag,
    writable: flag,
    executable: flag,
    shared: flag,
    offset: fc.integer({ min: 0, max: 2 ** 40 }).map((page) => page * 4096),
    device: fc.constantFrom('00:00', '08:01', '103:0a', 'fe:1ff'),
    inode: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    path: fc.oneof(
      fc.constantFrom('', '/usr/bin/a b', '/tmp/x (deleted)', '[heap]', '[anon:x y]', '/[vdso]'),
      name.map((bytes) => `/${bytes}`),
    ),
  })
  .map(({ pages, ...rest }) => ({ ...rest, end: rest.start + pages * 4096 }));

/** As fs/proc/task_mmu.c writes it: the name begins at column 73, or one after the inode. */
function format(each: Mapping): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const permissions = [
    each.readable ? 'r' : '-',
    each.writable ? 'w' : '-',
    each.executable ? 'x' : '-',
    each.shared ? 's' : 'p',
  ].join('');
  const { device, inode, path } = each;
  const fields = `${hex(each.start)}-${hex(each.end)} ${permissions} ${hex(each.offset)}`;
  const line = `${fields} ${device} ${inode} `;
  return path === '' ? line : `${line.padEnd(73)}${path.replaceAll('\n', '\\012')}`;
}

test('a line is read as it was meant', () => {
  fc.assert(
    fc.property(mapping, (each) => {
      assert.deepEqual(parseMapsLine(format(each)), each);
    }),
  );
});

test('every line of this process is read', () => {
  const text = readFileSync('/proc/self/maps', 'latin1');
  const mappings = parseMaps(text);
  assert.equal(mappings.length, text.trim().split('\n').length);
  assert.equal(mappings.map((each) => `${format(each)}\n`).join(''), text);
  const kernels = mappings.filter(isKernelMapping).map(({ path }) => path);
  assert.ok(kernels.includes('[vdso]') && kernels.includes('[vvar]'), kernels.join());
  const stack = mappings.find(({ path }) => path === '[stack]');
  assert.ok(stack !== undefined && isAnonymous(stack) && stack.writable);
  assert.ok(mappings.some(({ path }) => path === process.execPath));
});

test('what is no line of it is no mapping', () => {
  assert.equal(parseMapsLine(''), undefined);
  assert.equal(parseMapsLine('7ffc0000-7ffd0000 rw-p'), undefined);
  assert.equal(parseMapsLine('Rss:                  12 kB'), undefined);
  assert.equal(parseMapsLine('7ffc0000-7ffd0000 rwxq 00000000 00:00 0 '), undefined);
  assert.equal(parseMapsLine('7ffc0000-7ffd0000 rw-p 00000000 00:00 x '), undefined);
});

test('the mapping of an address is found', () => {
  const piece = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.nat(160), (pieces, address) => {
      const [empty] = parseMaps('00000000-00001000 rw-p 00000000 00:00 0 ');
      assert.ok(empty !== undefined);
      let at = 0;
      const mappings = pieces.map(([gap, size]) => {
        const start = at + gap;
        at = start + size;
        return { ...empty, start, end: at };
      });
      const expected = mappings.find(({ start, end }) => address >= start && address < end);
      assert.equal(findMapping(mappings, address), expected);
    }),
  );
});
