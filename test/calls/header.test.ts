/**
 * The calls without a supervisor: the header compiles everywhere without a warning, and every
 * language gets ENOSYS and nothing else.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { tforget, tkeep, tlongjmp, tsetjmp } from '../../src/target.ts';
import { INCLUDE, PYTHON, ROOT } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';

const COMPILERS = ['gcc', 'clang'];
const C_STANDARDS = ['c89', 'c99', 'c11', 'c17', 'c2x'];
const CXX_STANDARDS = ['c++98', 'c++11', 'c++17', 'c++20', 'c++2b'];
const WARNINGS = ['-Wall', '-Wextra', '-pedantic', '-Werror'];
const SOURCE = path.join(import.meta.dirname, 'everything.c');

let directory = '';
before(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'belay-header-'));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function compileAndRun(compiler: string, language: string, standard: string): Promise<void> {
  const program = path.join(directory, `${compiler}-${standard}`);
  const compiled = await runProcess([
    compiler,
    ...['-x', language, `-std=${standard}`, ...WARNINGS, '-O2', '-I', INCLUDE],
    ...['-o', program, SOURCE],
  ]);
  assert.deepEqual([compiled.code, compiled.stdout, compiled.stderr], [0, '', '']);
  const ran = await runProcess([program]);
  assert.equal(ran.stdout, '0 failures\n');
  assert.equal(ran.code, 0);
}

describe('belay.h, no warnings, ENOSYS unsupervised', { concurrency: 2 }, () => {
  for (const compiler of COMPILERS) {
    for (const standard of C_STANDARDS) {
      test(`${compiler} ${standard}`, () => compileAndRun(compiler, 'c', standard));
    }
    for (const standard of CXX_STANDARDS) {
      test(`${compiler} ${standard}`, () => compileAndRun(compiler, 'c++', standard));
    }
  }
});

test('TypeScript: every call throws ENOSYS', () => {
  const kept = new Uint8Array(new ArrayBuffer(8)).fill(7);
  const calls: [string, () => void][] = [
    ['tsetjmp', () => tsetjmp()],
    ['tlongjmp', () => tlongjmp(1, -1)],
    ['tforget', () => tforget(1)],
    ['tkeep', () => tkeep(kept)],
    ['tkeep', () => tkeep(0x1000n, 8)],
  ];
  for (const [syscall, call] of calls) {
    assert.throws(call, { name: 'SyscallError', code: 'ENOSYS', syscall });
  }
  assert.deepEqual(kept, new Uint8Array(8).fill(7));
});

test('TypeScript: what does not fit is refused before the call', () => {
  assert.throws(() => tlongjmp(2 ** 32 + 1, 0), RangeError);
  assert.throws(() => tlongjmp(1, 0.5), RangeError);
  assert.throws(() => tforget(2 ** 40), RangeError);
  assert.throws(() => tkeep(-1n, 1), RangeError);
  assert.throws(() => tkeep(2n ** 64n, 1), RangeError);
  assert.throws(() => tkeep(4096n, -1), RangeError);
});

test('Python: every call raises ENOSYS', async () => {
  const script = path.join(ROOT, 'test/calls/everything.py');
  const env = { ...process.env, PYTHONPATH: PYTHON, PYTHONDONTWRITEBYTECODE: '1' };
  const ran = await runProcess(['python3', script], { env });
  assert.deepEqual([ran.stdout, ran.stderr, ran.code], ['0 failures\n', '', 0]);
});
