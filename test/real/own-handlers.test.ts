/**
 * Faults that are normal work: under --every the program's own handler has the first try, and
 * belay goes back when it does not cope, a bounded number of times.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { runBelay, runUnderBelay } from '../support/belay.ts';
import { runProcess, type ProcessOptions } from '../support/run-process.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';

const place = usePlace();
const programs = path.join(import.meta.dirname, 'programs');
const LIMIT: ProcessOptions = { timeoutMs: 120_000, env: { ...process.env, HOME: place } };

type Command = readonly [string, ...string[]];

async function build(command: Command): Promise<void> {
  const result = await runProcess(command, { cwd: place, ...LIMIT });
  assert.equal(result.code, 0, result.stderr);
}

describe('a handler of the program', () => {
  test('copes: no rollback, and the same end', async () => {
    const program = await compileProgram('handles', place);
    const options = { options: ['--every', '10'], ...LIMIT };
    const { stdout, code } = await runUnderBelay([program, 'copes'], options);
    assert.deepEqual([stdout, code], ['handled 100\n', 0]);
    const log = await runBelay(['log', 'handles'], LIMIT);
    assert.doesNotMatch(log.stdout, / fell/);
    assert.match(log.stdout, /is given to the program's own handler first; '--on' without SEGV/);
  });

  for (const [how, code, signal] of [
    ['exits', 9, null],
    ['aborts', null, 'SIGABRT'],
  ] as const) {
    test(`${how}: it goes back some times, and ends as without belay`, async () => {
      const program = await compileProgram('handles', place);
      const options = { options: ['--every', '10'], ...LIMIT };
      const result = await runUnderBelay([program, how], options);
      assert.deepEqual([result.stdout, result.code, result.signal], ['', code, signal]);
      const { stdout } = await runBelay(['log', 'handles', '--json'], LIMIT);
      const records = stdout.trimEnd().split('\n');
      const falls = records.filter((line) => line.includes('"type":"fall"')).length;
      assert.ok(falls >= 3 && falls <= 60, `${falls} falls`);
    });
  }
});

const runtimes: Readonly<Record<string, () => Promise<Command>>> = {
  go: async () => {
    const cache = { GOCACHE: path.join(place, 'go'), GOPATH: place, GO111MODULE: 'off' };
    const words = Object.entries(cache).map(([name, value]) => `${name}=${value}`);
    await build(['env', ...words, 'go', 'build', '-o', 'checks', path.join(programs, 'checks.go')]);
    return [path.join(place, 'checks')];
  },
  java: async () => {
    await build(['javac', '-d', place, path.join(programs, 'Checks.java')]);
    return ['java', '-XX:+UseSerialGC', '-cp', place, 'Checks'];
  },
  mono: async () => {
    await build(['mcs', '-out:checks.exe', path.join(programs, 'checks.cs')]);
    return ['mono', path.join(place, 'checks.exe')];
  },
  sbcl: () => {
    const script = path.join(place, 'collect.lisp');
    writeFileSync(script, readFileSync(path.join(programs, 'collect.lisp')));
    return Promise.resolve(['sbcl', '--script', script]);
  },
};

for (const [name, prepare] of Object.entries(runtimes)) {
  test(`${name} runs under --every as without belay`, async () => {
    const command = await prepare();
    const bare = await runProcess(command, LIMIT);
    assert.equal(bare.code, 0, bare.stderr);
    const result = await runUnderBelay(command, { options: ['--every', '20'], ...LIMIT });
    assert.deepEqual([result.stdout, result.code, result.signal], [bare.stdout, 0, null]);
  });
}
