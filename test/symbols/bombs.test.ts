/** Files that would take the symbol reader's time or memory: the record waits for neither. */
import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SymbolThread } from '../../src/desk/symbol-thread.ts';
import { createSymbolizer } from '../../src/symbols/symbolize.ts';
import { compileShapes, makeTemporaryFolder, readNmFunctions, run } from './build.ts';

const LINK_BASE = 0x400000;
/** DWARF 5, no directories and no files; then the program. */
const HEADER = Buffer.from([1, 1, 1, 251, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]);

test('a line table of millions of sequences costs names, not time', async () => {
  using folder = makeTemporaryFolder();
  const bomb = join(folder.path, 'bomb');
  const sound = join(folder.path, 'sound');
  for (const path of [bomb, sound]) compileShapes('gcc', path, ['-O2', '-g', '-no-pie']);
  replaceLines(folder.path, bomb, Buffer.alloc(90_000_000, '\x20\x21\x00\x01\x01', 'latin1'));
  const thread = new SymbolThread(50, 300);
  try {
    const late = await thread.lookUp(requestOf(bomb), bomb);
    assert.equal(late.kind, 'unnamed');
    const busy = await thread.lookUp(requestOf(sound), sound);
    assert.equal(busy.kind, 'unnamed');
    await new Promise((resolve) => setTimeout(resolve, 600));
    const avoided = await thread.lookUp(requestOf(bomb), bomb);
    assert.deepEqual(avoided, { kind: 'unnamed', why: 'its symbols could not be read before' });
  } finally {
    thread.close();
  }
  const patient = new SymbolThread(20_000);
  try {
    const found = await patient.lookUp(requestOf(sound), sound);
    assert.equal(found.kind === 'found' && found.place?.function, 'area');
  } finally {
    patient.close();
  }
});

test('one long string, named by many entries, is cut and read no further', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-g', '-gdwarf-5', '-no-pie']);
  const strings = join(folder.path, 'strings');
  writeFileSync(strings, Buffer.alloc(8 * 1024 * 1024, 'A'));
  run('objcopy', ['--update-section', `.debug_line_str=${strings}`, path]);
  const place = createSymbolizer().symbolize(requestOf(path));
  assert.equal(place?.function, 'area');
  assert.ok((place.file ?? '').length <= 3 * 4096 + 2, 'the name is longer than paths are');
  assert.ok((place.file ?? '').startsWith('AAAA'), 'the strings are not those that were put there');
});

test('a debugging file of terabytes is not read through for its checksum', () => {
  using folder = makeTemporaryFolder();
  const path = join(folder.path, 'shapes');
  compileShapes('gcc', path, ['-O2', '-g', '-no-pie', '-Wl,--build-id=none']);
  const request = requestOf(path);
  const debug = join(folder.path, 'shapes.debug');
  run('objcopy', ['--only-keep-debug', path, debug]);
  run('objcopy', ['--strip-all', `--add-gnu-debuglink=${debug}`, path]);
  assert.equal(createSymbolizer().symbolize(request)?.function, 'area');
  truncateSync(debug, 2 ** 41);
  assert.equal(createSymbolizer().symbolize(request)?.function, undefined);
});

function requestOf(path: string) {
  const area = readNmFunctions(path).find((symbol) => symbol.name === 'area');
  const address = (area?.address ?? 0) - LINK_BASE;
  return { maps: [{ start: 0, end: 2 ** 32, offset: 0, path }], address };
}

function replaceLines(folder: string, path: string, program: Buffer): void {
  const start = Buffer.alloc(12);
  start.writeUInt32LE(8 + HEADER.length + program.length, 0);
  start.writeUInt16LE(5, 4);
  start.writeUInt8(8, 6);
  start.writeUInt32LE(HEADER.length, 8);
  const lines = join(folder, 'lines');
  writeFileSync(lines, Buffer.concat([start, HEADER, program]));
  run('objcopy', ['--update-section', `.debug_line=${lines}`, path]);
}
