/**
 * The parts of the symbolizer for themselves: reading positions, names of Rust, build-ids, limits.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ByteCursor } from '../../src/symbols/byte-cursor.ts';
import { readBuildId, readDebugLink } from '../../src/symbols/debug-file.ts';
import { parseLineUnit } from '../../src/symbols/dwarf-line-header.ts';
import { readElf } from '../../src/symbols/elf.ts';
import { MAX_READ_BYTES, withFile } from '../../src/symbols/file-bytes.ts';
import { LruMap } from '../../src/symbols/lru-map.ts';
import { getReadableName } from '../../src/symbols/rust-symbol.ts';
import { compileShapes, makeTemporaryFolder, run } from './build.ts';

test('a cursor reads numbers, and past its end gives 0 for good', () => {
  const cursor = new ByteCursor(Buffer.from('0102030405060708090a0b0c0d0e0f', 'hex'));
  assert.equal(cursor.u8(), 1);
  assert.equal(cursor.u16(), 0x0302);
  assert.equal(cursor.u32(), 0x07060504);
  assert.equal(cursor.u64(), Number(0x0f0e0d0c0b0a0908n));
  assert.ok(cursor.ok);
  assert.ok(!cursor.hasMore);
  assert.equal(cursor.u8(), 0);
  assert.ok(!cursor.ok);
  assert.equal(cursor.string(), '');
});

test('a cursor reads LEB128 numbers: the examples of the DWARF standard', () => {
  const unsigned = { '02': 2, '7f': 127, '8001': 128, '8101': 129, b964: 12_857 };
  for (const [hex, value] of Object.entries(unsigned)) {
    assert.equal(new ByteCursor(Buffer.from(hex, 'hex')).uleb128(), value);
  }
  const signed = { '02': 2, '7e': -2, ff00: 127, '817f': -127, '8001': 128, '807f': -128 };
  for (const [hex, value] of Object.entries(signed)) {
    assert.equal(new ByteCursor(Buffer.from(hex, 'hex')).sleb128(), value);
  }
  const endless = new ByteCursor(Buffer.alloc(20, 0x80));
  endless.uleb128();
  assert.ok(!endless.ok);
});

test('a cursor refuses to leave its range', () => {
  const bytes = Buffer.from('abc\0def');
  const cursor = new ByteCursor(bytes, 4, 6);
  assert.equal(cursor.string(), '');
  assert.ok(!cursor.ok);
  for (const start of [-1, 8, NaN, 2 ** 60]) assert.ok(!new ByteCursor(bytes, start).ok);
  const skipping = new ByteCursor(bytes);
  skipping.skip(-1);
  assert.ok(!skipping.ok);
});

test('older Rust names are as c++filt(1) has them, without the hash', () => {
  const hash = '17h0123456789abcdefE';
  const names = [
    `_ZN4core3fmt5write${hash}`,
    `_ZN3std2io5Write9write_fmt${hash}`,
    `_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar${hash}`,
    `_ZN4core3ptr13drop_in_place${hash}`,
  ];
  const lines = run('c++filt', ['-s', 'rust'], `${names.join('\n')}\n`)
    .trimEnd()
    .split('\n');
  const expected = lines.map((name) => name.replace(/::h[0-9a-f]{16}$/, ''));
  assert.deepEqual(names.map(getReadableName), expected);
  assert.equal(expected[0], 'core::fmt::write');
  assert.equal(expected[2], "<Test + 'static as foo::Bar<Test>>::bar");
});

test('other names are left alone', () => {
  for (const name of ['main', '_Z3fooi', '_ZN3foo3barEv', '_ZN9x17h0123456789abcdefE', '']) {
    assert.equal(getReadableName(name), name);
  }
});

test('build-id and debug link are as readelf(1) has them', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-g', '-Wl,--build-id']);
  run('objcopy', ['--only-keep-debug', path, `${path}.debug`]);
  run('objcopy', [`--add-gnu-debuglink=${path}.debug`, path]);
  const expected = /Build ID: ([0-9a-f]+)/.exec(run('readelf', ['-n', path]))?.[1];
  const dump = run('readelf', ['--debug-dump=links', path]);
  withFile(path, (file) => {
    const elf = readElf(file);
    assert.ok(elf && expected);
    assert.equal(readBuildId(file, elf), expected);
    const link = readDebugLink(file, elf);
    assert.equal(link?.name, 'shapes.debug');
    assert.match(dump, new RegExp(`CRC value: 0x0*${link.checksum.toString(16)}`));
  });
});

test('a map forgets the entry that was used least recently', () => {
  const map = new LruMap<string, number | undefined>(2);
  let madeCount = 0;
  const get = (key: string) => {
    map.getOrMake(key, () => {
      madeCount++;
      return undefined;
    });
  };
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key);
  assert.equal(madeCount, 4);
  assert.equal(map.size, 2);
});

test('reads beyond the file or the limit give nothing', () => {
  withFile(import.meta.filename, (file) => {
    assert.equal(file.read(0, 3)?.toString(), '/**');
    assert.equal(file.read(file.sizeBytes, 0)?.length, 0);
    const outside = [
      [file.sizeBytes, 1],
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, MAX_READ_BYTES + 1],
      [2 ** 70, 1],
    ] as const;
    for (const [offset, lengthBytes] of outside) {
      assert.equal(file.read(offset, lengthBytes), undefined);
    }
  });
});

test('a line table whose entries take no bytes does not loop for its claimed count', () => {
  const header = Buffer.from([
    ...[0, 0, 0, 0, 5, 0, 8, 0, 0, 0, 0, 0], // length, version, sizes, header length
    ...[1, 1, 1, 0xfb, 14, 1], // the parameters, no standard opcodes
    ...[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // no fields, and a vast number of entries
  ]);
  header.writeUInt32LE(header.length - 4);
  const empty = Buffer.alloc(0);
  const slot = parseLineUnit({ line: header, lineStrings: empty, strings: empty }, 0);
  assert.deepEqual(slot, { end: header.length, unit: undefined });
});
