/** What the commands print comes to its reader as a whole, or they fail. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { LogWriter } from '../../src/desk/log-writer.ts';
import { createStateDirectory } from '../../src/registry/state-directory.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess, type ProcessResult } from '../support/run-process.ts';
import { makeBase, makeFall, ownSupervisorFile } from './worker-harness.ts';

/** Above any pid there can be: nothing of that pid runs. */
const NO_PID = 2 ** 22 + 1;
/** Some 900 KB as JSON: a pipe holds 64 KB. */
const FALLS = 2000;
/** Makes the pipe, or whatever else stands there, non-blocking. */
const NON_BLOCKING = 'python3 -c "import os; os.set_blocking(1, False)"';
let base = '';

before(() => {
  base = makeBase();
  const file = ownSupervisorFile({ pid: NO_PID, supervisorPid: NO_PID });
  const directory = createStateDirectory(file, { path: base, uid: file.uid });
  const log = new LogWriter(directory);
  for (let cd = 1; cd <= FALLS; cd += 1) log.append(makeFall({ cd, pid: NO_PID }));
  log.append({ type: 'exit', time: Date.now(), pid: NO_PID, code: 0, signal: null });
  log.close();
});

after(() => {
  rmSync(base, { recursive: true, force: true });
});

/** A script of sh's, in which $1 is the `belay` command. */
function runScript(script: string): Promise<ProcessResult> {
  const env = { ...process.env, BELAY_DIR: base };
  return runProcess(['sh', '-c', script, 'sh', BIN_BELAY], { env });
}

test('a reader that comes late to the pipe gets all of it', async () => {
  for (const first of ['', `${NON_BLOCKING};`]) {
    const { stdout } = await runScript(
      `{ ${first} "$1" log --json ${NO_PID}; } | { sleep 1; cat; }`,
    );
    const lines = stdout.split('\n').slice(0, -1);
    assert.equal(lines.length, FALLS + 1, first);
    for (const line of lines) JSON.parse(line);
  }
});

test('a reader that has seen enough is no failure', async () => {
  const script = `{ "$1" log ${NO_PID}; echo $? >&2; } | head -n 1`;
  const { stdout, stderr } = await runScript(script);
  assert.match(stdout, /^.+ fell: .+\n$/);
  assert.equal(stderr, '0\n');
});

test('what cannot be written is a failure, and said', async () => {
  const expected = 'belay: cannot write the output: no space left on device (write: ENOSPC)\n';
  for (const words of ['ps', 'ps --json', `log ${NO_PID}`, 'doctor', '--help', 'attach --help']) {
    const { code, stderr } = await runScript(`exec "$1" ${words} >/dev/full`);
    assert.deepEqual({ code, stderr }, { code: 125, stderr: expected }, words);
  }
  const run = await runScript('exec "$1" run --help >/dev/full');
  assert.equal(run.code, 125);
  assert.notEqual(run.stderr, '');
});

test('an error that cannot be said is one all the same', async () => {
  const cases: [words: string, code: number][] = [
    ['show nonesuch', 125],
    ['fly', 125],
    ['attach', 125],
    ['run --fly true', 125],
    ['run nonesuch', 127],
    ['run /etc/passwd', 126],
  ];
  for (const [words, code] of cases) {
    for (const unwritable of ['2>/dev/full', '2>&-']) {
      const result = await runScript(`exec "$1" ${words} ${unwritable}`);
      assert.deepEqual([result.code, result.signal], [code, null], `${words} ${unwritable}`);
    }
  }
});
