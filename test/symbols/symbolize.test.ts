/**
 * Every function and every third code address of small programs, against nm(1) and addr2line(1).
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSymbolizer, type Symbolizer } from '../../src/symbols/symbolize.ts';
import {
  compileShapes,
  getLoadBase,
  makeTemporaryFolder,
  type NmFunction,
  readAddr2line,
  readMappings,
  readNmFunctions,
  run,
} from './build.ts';

const COMPILERS = ['gcc', 'clang'];
const VARIANTS = [
  ['-O0', '-g', '-pie', '-fPIE'],
  ['-O2', '-g', '-no-pie', '-fno-PIE'],
  ['-O2', '-gdwarf-2', '-pie', '-fPIE'],
  ['-O2', '-gdwarf-3', '-pie', '-fPIE'],
  ['-O0', '-gdwarf-4', '-no-pie', '-fno-PIE'],
  ['-O2', '-gdwarf-5', '-pie', '-fPIE'],
  ['-O2', '-gdwarf-5', '-gz=zlib', '-pie', '-fPIE'],
  ['-O2', '-gdwarf-4', '-gz=zlib', '-no-pie', '-fno-PIE'],
  ['-O2', '-g', '-ffunction-sections', '-Wl,--gc-sections', '-pie', '-fPIE'],
  ['-O2', '-g', '-Wl,-z,noseparate-code', '-pie', '-fPIE'],
  ['-O2', '-g', '-static', '-no-pie', '-fno-PIE'],
  ['-O2', '-g', '-static-pie', '-fPIE'],
];

for (const compiler of COMPILERS) {
  for (const flags of VARIANTS) {
    test(`${compiler} ${flags.join(' ')}`, () => {
      using folder = makeTemporaryFolder();
      const path = join(folder.path, 'shapes');
      compileShapes(compiler, path, flags);
      const symbolizer = createSymbolizer();
      checkFunctions(symbolizer, path, readNmFunctions(path));
      checkLines(symbolizer, path, getOwnAddresses(path));
    });
  }
}

for (const form of ['zlib-gnu', 'zlib-gabi', 'zstd']) {
  test(`debug sections compressed by objcopy as ${form}`, () => {
    using folder = makeTemporaryFolder();
    const plain = join(folder.path, 'plain');
    const path = join(folder.path, 'compressed');
    compileShapes('gcc', plain, ['-O2', '-g', '-Wl,--build-id=none']);
    run('objcopy', [`--compress-debug-sections=${form}`, plain, path]);
    checkLines(createSymbolizer(), path, getOwnAddresses(path), plain);
  });
}

test('a stripped program keeps the functions of its dynamic symbols', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-s', '-rdynamic']);
  const functions = readNmFunctions(path, '-D');
  assert.ok(functions.some(({ name }) => name === 'area'));
  checkFunctions(createSymbolizer(), path, functions);
});

for (const buildId of ['--build-id', '--build-id=none']) {
  test(`a stripped program's .gnu_debuglink is followed, with ${buildId}`, () => {
    using folder = makeTemporaryFolder();
    const path = join(folder.path, 'shapes');
    const full = join(folder.path, 'full');
    compileShapes('gcc', path, ['-O2', '-g', `-Wl,${buildId}`]);
    run('cp', [path, full]);
    run('objcopy', ['--only-keep-debug', path, `${path}.debug`]);
    run('strip', [path]);
    run('objcopy', [`--add-gnu-debuglink=${path}.debug`, path]);
    checkFunctions(createSymbolizer(), path, readNmFunctions(full));
    checkLines(createSymbolizer(), path, getOwnAddresses(full), full);
  });
}

test('a debugging file of another build is not believed', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-g']);
  const area = readNmFunctions(path).find(({ name }) => name === 'area');
  run('objcopy', ['--only-keep-debug', path, `${path}.debug`]);
  run('strip', [path]);
  run('objcopy', [`--add-gnu-debuglink=${path}.debug`, path]);
  compileShapes('gcc', join(folder.path, 'other'), ['-O0', '-g']);
  run('objcopy', ['--only-keep-debug', join(folder.path, 'other'), `${path}.debug`]);
  const place = symbolizeLinked(createSymbolizer(), path, area?.address ?? 0);
  assert.deepEqual(place, { path, moduleOffset: BigInt(area?.address ?? 0) });
});

test('a debugging file is found by build-id under the debug root', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-g', '-Wl,--build-id']);
  const full = join(folder.path, 'full');
  run('cp', [path, full]);
  const buildId = /Build ID: ([0-9a-f]+)/.exec(run('readelf', ['-n', path]))?.[1] ?? '';
  const target = join(folder.path, '.build-id', buildId.slice(0, 2));
  run('mkdir', ['-p', target]);
  run('objcopy', ['--only-keep-debug', path, join(target, `${buildId.slice(2)}.debug`)]);
  run('strip', [path]);
  const symbolizer = createSymbolizer({ debugRoot: folder.path });
  checkFunctions(symbolizer, path, readNmFunctions(full));
  checkLines(symbolizer, path, getOwnAddresses(full), full);
});

function symbolizeLinked(symbolizer: Symbolizer, path: string, address: number) {
  const maps = readMappings(path);
  return symbolizer.symbolize({ maps, address: getLoadBase(maps) + address });
}

/** At the first, middle and last byte of each function. */
function checkFunctions(
  symbolizer: Symbolizer,
  path: string,
  functions: readonly NmFunction[],
): void {
  assert.ok(functions.length > 5);
  const maps = readMappings(path);
  const base = getLoadBase(maps);
  for (const { address, sizeBytes, name } of functions) {
    const offsets = sizeBytes === 0 ? [0] : [0, sizeBytes >> 1, sizeBytes - 1];
    for (const offset of offsets) {
      const place = symbolizer.symbolize({ maps, address: base + address + offset });
      const about = `${name}+${offset.toString()}`;
      assert.equal(place?.moduleOffset, BigInt(address + offset), about);
      const found = functions.filter(
        (other) =>
          other.name === place.function &&
          other.address + (place.offset ?? -1) === address + offset,
      );
      assert.ok(found.length > 0, `${about} is not in ${String(place.function)}`);
      // Where functions nest or share a start, the nearest start and then any alias will do.
      assert.ok(
        found.some((other) => other.address >= address),
        about,
      );
    }
  }
}

/** Every third address of the functions that the test's own sources define. */
function getOwnAddresses(path: string): number[] {
  const own = new Set(['main', 'area', 'scale', 'circumference', 'corner_count', 'hand_written']);
  const functions = readNmFunctions(path).filter(({ name }) => own.has(name));
  assert.ok(functions.length >= 4);
  return functions.flatMap(({ address, sizeBytes }) =>
    Array.from({ length: Math.ceil(sizeBytes / 3) }, (_, index) => address + 3 * index),
  );
}

function checkLines(
  symbolizer: Symbolizer,
  path: string,
  addresses: readonly number[],
  refereePath = path,
): void {
  const expected = readAddr2line(refereePath, addresses);
  assert.ok(expected.filter((place) => place !== undefined).length > 20);
  const maps = readMappings(path);
  const base = getLoadBase(maps);
  for (const [index, address] of addresses.entries()) {
    const place = symbolizer.symbolize({ maps, address: base + address });
    const found = place?.file && `${place.file}:${place.line?.toString() ?? '?'}`;
    const wanted = expected[index];
    const about = `at 0x${address.toString(16)}: ${String(found)}, addr2line ${String(wanted)}`;
    // Before DWARF 5 the compilation directory is not in the line table.
    const isSame = found === wanted || (found && wanted?.endsWith(`/${found}`));
    assert.ok(isSame, about);
  }
}
