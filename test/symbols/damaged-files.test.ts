/**
 * ELF files with random damage: the symbolizer answers something or nothing, but never throws,
 * and never takes long.
 *
 * Another seed: BELAY_TEST_SEED=123 node --test test/symbols/damaged-files.test.ts
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSymbolizer } from '../../src/symbols/symbolize.ts';
import { compileShapes, makeTemporaryFolder, readNmFunctions, run } from './build.ts';

const SEED = Number(process.env.BELAY_TEST_SEED ?? Date.now() % 2 ** 31);
const ROUND_COUNT = 250;
/** Of processor time. Chosen: a round takes about 1 ms; a loop that does not end takes for ever. */
const MAX_ROUND_MS = 2000;

const VARIANTS = {
  'DWARF 5': ['-g', '-gdwarf-5'],
  'DWARF 4': ['-g', '-gdwarf-4'],
  compressed: ['-g', '-gz=zlib'],
};

for (const [name, flags] of Object.entries(VARIANTS)) {
  test(`random damage, ${name}, seed ${SEED.toString()}`, () => {
    using folder = makeTemporaryFolder();
    const path = join(folder.path, 'shapes');
    compileShapes('gcc', path, ['-O2', '-no-pie', '-fno-PIE', '-Wl,--build-id', ...flags]);
    const area = readNmFunctions(path).find((symbol) => symbol.name === 'area');
    const fileOffset = (area?.address ?? 0) - 0x400000;
    const intact = readFileSync(path);
    const hotRanges = readHotRanges(path, intact.length);
    assert.equal(symbolizeFile(path, fileOffset)?.function, 'area');
    const random = makeRandom(SEED);
    let differentCount = 0;
    for (let round = 0; round < ROUND_COUNT; round++) {
      const bytes = damage(intact, hotRanges, random);
      writeFileSync(path, bytes);
      const before = process.cpuUsage();
      const place = symbolizeFile(path, fileOffset);
      const tookMs = process.cpuUsage(before).user / 1000;
      const about = `seed ${SEED.toString()} round ${round.toString()}`;
      assert.ok(tookMs < MAX_ROUND_MS, `${about} took ${tookMs.toFixed(0)} ms`);
      assert.equal(place?.path, path, about);
      if (place.function !== 'area' || place.line === undefined) differentCount++;
    }
    assert.ok(differentCount > 0, 'the damage has hit nothing that matters');
  });
}

test('a file cut short at every length', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-g']);
  const intact = readFileSync(path);
  for (let sizeBytes = 0; sizeBytes < intact.length; sizeBytes += 61) {
    writeFileSync(path, intact.subarray(0, sizeBytes));
    assert.equal(symbolizeFile(path, 0x1140)?.path, path);
  }
});

test('what is no regular file is not opened', () => {
  using folder = makeTemporaryFolder();
  const fifo = join(folder.path, 'fifo');
  run('mkfifo', [fifo]);
  for (const path of [fifo, folder.path, '/dev/zero', join(folder.path, 'missing')]) {
    assert.deepEqual(symbolizeFile(path, 5), { path, moduleOffset: 5n });
  }
});

function symbolizeFile(path: string, fileOffset: number) {
  const maps = [{ start: 0, end: 2 ** 32, offset: 0, path }];
  return createSymbolizer().symbolize({ maps, address: fileOffset });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The parts that are parsed: headers, symbols, names, notes, lines. Most damage goes there. */
function readHotRanges(path: string, sizeBytes: number): Range[] {
  const sections = run('readelf', ['-SW', path]).matchAll(
    /\.(?:symtab|strtab|shstrtab|debug_line|debug_line_str|note\.\S+)\s+\S+\s+\S+ (\S+) (\S+)/g,
  );
  const ranges = [...sections].map(([, offset = '', size = '']) => {
    const start = Number.parseInt(offset, 16);
    return { start, end: start + Number.parseInt(size, 16) };
  });
  assert.ok(ranges.length >= 4);
  return [{ start: 0, end: 0x300 }, { start: sizeBytes - 40 * 64, end: sizeBytes }, ...ranges];
}

type Random = (limit: number) => number;

/** Sets one to eight numbers of one to eight bytes to noise, to zero or to all ones. */
function damage(intact: Buffer, hotRanges: readonly Range[], random: Random): Buffer {
  const bytes = Buffer.from(intact);
  const count = 1 + random(8);
  for (let index = 0; index < count; index++) {
    const range = hotRanges[random(hotRanges.length + 1)] ?? { start: 0, end: bytes.length };
    const at = range.start + random(range.end - range.start);
    const lengthBytes = 2 ** random(4);
    const kind = random(3);
    for (let offset = 0; offset < lengthBytes && at + offset < bytes.length; offset++) {
      bytes[at + offset] = kind === 0 ? 0 : kind === 1 ? 0xff : random(256);
    }
  }
  return bytes;
}

/** The generator mulberry32: small, and the same everywhere for the same seed. */
function makeRandom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
