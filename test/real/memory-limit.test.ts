/** What does not fit into --memory is refused by name; the program goes on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, test } from 'node:test';
import type { ProgramStatus } from '../../src/index.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { start, until } from './started.ts';

/** A Node program: more than fits into some megabytes. */
const COMMAND = [process.execPath, '-e', 'setInterval(() => {}, 1000); console.log()'];
const REFUSED = /cannot keep another point: it does not fit into the 8 MB of --memory/;

const LIMIT = 8 * 2 ** 20;
const place = usePlace();
let rewriter = '';

before(async () => {
  rewriter = await compileProgram('rewriter', place);
});

async function startLimited(...options: readonly string[]): Promise<number> {
  const command = [BIN_BELAY, 'run', '--memory', '8M', ...options, '--', ...COMMAND];
  const { pid, child } = start(command, { stdio: ['ignore', 'pipe', 'ignore'] });
  assert(child.stdout !== null);
  await once(child.stdout, 'data');
  return pid;
}

async function readPrograms(): Promise<ProgramStatus[]> {
  const { stdout } = await runProcess([BIN_BELAY, 'ps', '--json']);
  return JSON.parse(stdout) as ProgramStatus[];
}

async function findProgram(pid: number): Promise<ProgramStatus> {
  return until('a program', async () => (await readPrograms()).find((each) => each.pid === pid));
}

test('belay checkpoint says so, and how to mend it', async () => {
  const pid = await startLimited();
  await findProgram(pid);
  const { code, stderr } = await runProcess([BIN_BELAY, 'checkpoint', String(pid)]);
  assert.equal(code, 125);
  assert.match(stderr, REFUSED);
  assert.match(stderr, /^hint: forget points .+ --memory$/m);
  const { savedBytes, points, options } = await findProgram(pid);
  assert.deepEqual([savedBytes, points, options.memory], [0, 0, LIMIT]);
  const { stdout } = await runProcess([BIN_BELAY, 'show', String(pid)]);
  assert.match(stdout, /saved, of 8.+ for all processes/);
});

test('--every tells of it once, in the log and in ps', async () => {
  const pid = await startLimited('--every', '5');
  const { warnings } = await until('a warning', async () => {
    const program = await findProgram(pid);
    return program.warnings.length > 0 ? program : undefined;
  });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', REFUSED);
  const { stdout } = await runProcess([BIN_BELAY, 'log', String(pid)]);
  assert.equal(stdout.match(new RegExp(REFUSED, 'g'))?.length, 1);
});

/** Descriptors of its points, oldest first. */
async function readPoints(pid: number): Promise<number[]> {
  const { stdout } = await runProcess([BIN_BELAY, 'show', String(pid), '--json']);
  const shown = JSON.parse(stdout) as { readonly points: readonly { readonly cd: number }[] };
  return shown.points.map(({ cd }) => cd);
}

/** One part of 16, 192 KiB; or all, which fit once, but not beside themselves. */
for (const parts of [1, 16]) {
  const memory = parts === 1 ? '8M' : '4M';
  test(`points of a clock give way to newer ones: ${parts} of 16 parts`, async () => {
    const options = ['--every', '5', '--memory', memory, '--', rewriter, String(parts)];
    const { pid, child } = start([BIN_BELAY, 'run', ...options]);
    const isAt = (cd: number) => async () => {
      const { savedBytes } = await findProgram(pid);
      assert.ok(savedBytes <= LIMIT, `${savedBytes} bytes`);
      const points = await readPoints(pid);
      return (points.at(-1) ?? 0) >= cd ? points : undefined;
    };
    // 60 points of a part have more pages than there is room for.
    const points = await until('newer points', isAt(parts === 1 ? 60 : 4));
    assert.ok((points[0] ?? 1) > 1, points.join(' '));
    const { code, stderr } = await runProcess([BIN_BELAY, 'rewind', String(pid)]);
    assert.equal(code, 0, stderr);
    await until('points after it', isAt((points.at(-1) ?? 0) + 3));
    const { warnings } = await findProgram(pid);
    assert.deepEqual(warnings, []);
    assert.equal(child.exitCode, null);
  });
}
