/**
 * Addresses that a running program reports about itself, with its real /proc/PID/maps.
 */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { parseMaps } from '../../src/procfs/maps.ts';
import { createSymbolizer, formatSymbolizedAddress } from '../../src/symbols/symbolize.ts';
import { compileShapes, makeTemporaryFolder } from './build.ts';

for (const flags of [
  ['-pie', '-fPIE'],
  ['-no-pie', '-fno-PIE'],
]) {
  test(`functions of a running program, built with ${flags[0] ?? ''}`, async () => {
    using folder = makeTemporaryFolder();
    const path = join(folder.path, 'shapes');
    compileShapes('gcc', path, ['-O1', '-g', ...flags]);
    await using program = await startShapes(path);
    const { maps, pid, addresses } = program;
    const symbolizer = createSymbolizer();
    const [main, area, getenv] = addresses.map((address) =>
      symbolizer.symbolize({ maps, address, pid }),
    );
    assert.equal(main?.function, 'main');
    assert.equal(main.offset, 0);
    assert.equal(main.path, path);
    assert.match(formatSymbolizedAddress(main), /^main\+0x0 \(\/.+\/programs\/main\.c:11\)$/);
    assert.equal(area?.function, 'area');
    assert.match(getenv?.path ?? '', /\/libc\.so\.6$/);
    assert.equal(getenv?.function, 'getenv');
  });
}

test('memory that is no file: vdso, stack, heap, anonymous', async () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O1']);
  await using program = await startShapes(path);
  const { maps, pid } = program;
  const symbolizer = createSymbolizer();
  for (const name of ['[vdso]', '[stack]', '[heap]']) {
    const start = maps.find((mapping) => mapping.path === name)?.start ?? 0;
    const place = symbolizer.symbolize({ maps, address: start + 0x21, pid });
    assert.deepEqual(place, { path: name, moduleOffset: 0x21n });
    assert.equal(formatSymbolizedAddress(place), `${name}+0x21`);
  }
  const anonymous = maps.find((mapping) => mapping.path === '');
  assert.ok(anonymous);
  assert.equal(symbolizer.symbolize({ maps, address: anonymous.start, pid }), undefined);
  assert.equal(symbolizer.symbolize({ maps, address: 8, pid }), undefined);
});

test('a program whose file was deleted', async () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O1', '-g']);
  await using program = await startShapes(path);
  rmSync(path);
  const maps = readMaps(program.pid);
  const [address = 0] = program.addresses;
  const symbolizer = createSymbolizer();
  const blind = symbolizer.symbolize({ maps, address });
  assert.equal(blind?.path, `${path} (deleted)`);
  assert.equal(blind.function, undefined);
  const place = symbolizer.symbolize({ maps, address, pid: program.pid });
  assert.equal(place?.path, `${path} (deleted)`);
  // Following /proc/PID/map_files is for root only; without it the module's offset remains.
  if (process.getuid?.() === 0) assert.equal(place.function, 'main');
  else assert.equal(place.moduleOffset, blind.moduleOffset);
});

test('a file put in the place of the one that was mapped is not believed', async () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  const other = join(folder.path, 'other');
  compileShapes('gcc', path, ['-O1', '-g']);
  compileShapes('gcc', other, ['-O0', '-g']);
  await using program = await startShapes(path);
  renameSync(other, path);
  const { maps, addresses, pid } = program;
  const place = createSymbolizer().symbolize({ maps, address: addresses[0] ?? 0, pid });
  assert.equal(place?.path, path);
  assert.equal(place.function, undefined);
  assert.equal(place.file, undefined);
});

test('what a file taught is forgotten when its content changes', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  const maps = [{ start: 0, end: 2 ** 20, offset: 0, path }];
  const symbolizer = createSymbolizer();
  writeFileSync(path, 'no ELF file');
  assert.deepEqual(symbolizer.symbolize({ maps, address: 0 }), { path, moduleOffset: 0n });
  compileShapes('gcc', path, ['-O1', '-g', '-no-pie', '-fno-PIE', '-Wl,-Ttext-segment=0x700000']);
  const place = symbolizer.symbolize({ maps, address: 0 });
  assert.equal(place?.moduleOffset, 0x700000n);
});

function readMaps(pid: number) {
  return parseMaps(readFileSync(`/proc/${pid.toString()}/maps`, 'utf8'));
}

/** Starts the program and waits for the addresses it prints; it ends with its input. */
async function startShapes(path: string) {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(path, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = child.pid ?? 0;
  return {
    pid,
    addresses: line.toString().split(' ').slice(0, 3).map(Number),
    maps: readMaps(pid),
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
