/**
 * The caller's limits, closed descriptors and odd bytes are the program's: it gets them as they
 * are, and its supervisor neither dies of them nor is in their way.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { belay, until } from './started.ts';

const place = usePlace();

/** Runs words after a line of shell: `ulimit`, redirections and the like. */
function after(line: string, words: readonly string[]): Promise<ProcessResult> {
  return runProcess(['sh', '-c', `${line}; exec "$@"`, 'sh', ...words]);
}

const run = [BIN_BELAY, 'run', '--'];
/** CAP_SYS_RESOURCE: then hard limits are no limits for a supervisor. */
const mayRaise =
  (BigInt(`0x${/^CapEff:\t(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]}`) &
    (1n << 24n)) !==
  0n;

describe('limits', () => {
  const soft = ['-S -t 1', '-S -n 12', '-S -v 200000', '-S -d 10000', '-S -f 0', '-s 128'];
  for (const limit of [...soft, '-c 0', '-t 1', '-n 100']) {
    test(`ulimit ${limit}: the program has it, and the supervisor works`, async () => {
      const show = ['cat', '/proc/self/limits'];
      const alone = await after(`ulimit ${limit}`, show);
      const supervised = await after(`ulimit ${limit}`, [...run, ...show]);
      assert.deepEqual(supervised, alone);
      assert.equal(alone.code, 0);
    });
  }

  const hard = ['-n 20', '-v 200000', '-d 10000'];
  for (const limit of mayRaise ? hard : [...hard, '-f 0']) {
    test(`ulimit ${limit} is too small, and the program is not begun`, async () => {
      const supervised = await after(`ulimit ${limit}`, [...run, 'echo', 'begun']);
      assert.deepEqual([supervised.code, supervised.stdout], [125, '']);
      assert.match(supervised.stderr, /^belay: cannot [^\n]+ [^\n]*\d[^\n]*\nhint: [^\n]+\n$/);
      const doctor = await after(`ulimit ${limit}`, [BIN_BELAY, 'doctor']);
      assert.notEqual(doctor.code, 0);
      assert.doesNotMatch(doctor.stderr, /\n {4}at |Assertion|Fatal/);
    });
  }

  test('processor time of the supervisor used up: it lets the program go before', async () => {
    const program = await compileProgram('spin', place);
    const { code, signal, stdout } = await after('ulimit -t 1', [...run, program]);
    assert.deepEqual([code, signal, stdout], [0, null, 'went on\n']);
    if (mayRaise) return;
    // Its supervisor still writes what it has to say, while the program has gone on alone.
    const isTold = /is supervised no more: .*ulimit -t/;
    await until('why it was let go is in the log', async () =>
      isTold.test(await belay('log', 'spin')),
    );
  });
});

describe('descriptors', () => {
  test('more threads than the supervisor may have descriptors: they go back', async () => {
    const program = await compileProgram('named-threads', place);
    const { stdout, stderr } = await after('ulimit -n 100', [...run, program, '150']);
    assert.deepEqual([stdout, stderr], ['ok\n', '']);
  });

  const list = `import os
found = []
for fd in range(20):
    try: found.append([fd, os.readlink(f"/proc/self/fd/{fd}").split(":")[0]])
    except OSError: pass
open(os.environ["OUT"], "w").write(repr(found))`;
  const closings = ['<&-', '>&-', '2>&-', '<&- >&-', '<&- 2>&-', '>&- 2>&-', '<&- >&- 2>&-'];
  for (const closing of [...closings, '3</dev/null', '9>&1 <&-']) {
    test(`exec ${closing}: as without belay`, async () => {
      const out = path.join(place, 'descriptors');
      const program = ['/usr/bin/python3', '-c', list];
      const line = `OUT='${out}'; export OUT; exec ${closing}`;
      assert.equal((await after(line, program)).code, 0);
      const alone = readFileSync(out, 'utf8');
      assert.equal((await after(line, [...run, ...program])).code, 0);
      assert.equal(readFileSync(out, 'utf8'), alone);
    });
  }
});

describe('bytes that are no text', () => {
  const show = `printf %s "$1" | od -An -tx1; pwd | od -An -tx1; exit 7`;

  test('in arguments, in the directory and in PATH', async () => {
    const line = [
      `odd=$(printf 'caf\\351 \\377')`,
      `mkdir -p "${place}/$odd" && cd "${place}/$odd"`,
      `printf '#!/bin/sh\\n%s\\n' '${show}' >command && chmod +x command`,
      `PATH="$PWD:$PATH"; export PATH`,
      `set -- "$@" command "$odd"`,
    ].join('; ');
    const alone = await after(line, ['env']);
    const supervised = await after(line, run);
    assert.match(alone.stdout, / 63 61 66 e9 20 ff\n/);
    assert.equal(alone.code, 7);
    assert.deepEqual(supervised, alone);
  });
});
