/**
 * Python and Node programs that destroy themselves through ctypes and koffi, 200 times in a row,
 * half by tlongjmp and half by real faults; timers, threads, promises, garbage collection and file
 * I/O work afterwards.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { runUnderBelay } from '../support/belay.ts';
import { PYTHON } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { usePlace } from './place.ts';
import { programPath } from './program-path.ts';

const ROUNDS = 200;
/** What falls, and what hangs and is told so by its alarm clock. */
const SIGNALS = 'SEGV,BUS,ILL,FPE,ABRT,SYS,TRAP,ALRM';
const FATAL_KINDS = 5;
/** Chosen: several times what a slow machine takes that has other things to do. */
const TIMEOUT_MS = 400_000;

const place = usePlace();
const env = { ...process.env, PYTHONPATH: PYTHON, PYTHONDONTWRITEBYTECODE: '1' };

const interpreters = [
  {
    name: 'python3',
    command: ['/usr/bin/python3', programPath('ruined.py')],
    round: /^round +\d+$/,
  },
  {
    name: 'node',
    command: [process.execPath, '--expose-gc', programPath('ruined.ts')],
    round: /^round \d+ *$/,
  },
] as const;

for (const { name, command, round } of interpreters) {
  describe(name, () => {
    test('dies of each kind of damage without belay', async () => {
      for (let kind = 0; kind < FATAL_KINDS; kind++) {
        const result = await runProcess([...command, 'alone', String(kind)], { env });
        assert.match(String(result.signal), /^SIG(SEGV|BUS|ABRT|ILL|TRAP)$/, `kind ${kind}`);
      }
    });

    test(`goes on after ${ROUNDS} of them`, async () => {
      const file = path.join(place, `${name}.txt`);
      const words = [...command, String(ROUNDS), file];
      const how = { env, options: ['--on', SIGNALS], timeoutMs: TIMEOUT_MS };
      const result = await runUnderBelay(words, how);
      assert.deepEqual([result.stdout, result.code], [`ok ${ROUNDS}\n`, 0], result.stderr);
      const lines = readFileSync(file, 'latin1').trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => Number(line.slice('round'.length))),
        countUp(ROUNDS),
      );
      assert(lines.every((line) => round.test(line)));
    });
  });
}

function countUp(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
