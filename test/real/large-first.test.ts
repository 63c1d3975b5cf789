/**
 * The first point of much memory, which is copied from an image of it while the program runs: the
 * supervisor is killed meanwhile, or the program ends.
 *
 * BELAY_SEED=S repeats the moments of a run; each failure prints it.
 */
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, openSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/index.ts';
import { listChildrenOf } from '../../src/tasks/list-children.ts';
import { readSupervisorFile } from '../../src/registry/state-files.ts';
import { readStatus } from '../../src/tasks/read-status.ts';
import { BIN_BELAY } from '../support/paths.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { Random } from './random.ts';
import { start, until } from './started.ts';

const SEED = Number(process.env.BELAY_SEED ?? Date.now() % 1_000_000);
const REPEAT = `repeat with: BELAY_SEED=${SEED} node --test test/real/large-first.test.ts`;
const LIVES = 8;
const SIZE_MB = 100;
/** Chosen: the stop, and some of the copying behind it. */
const MOMENT_MAX_MS = 250;

const place = usePlace();
const random = new Random(SEED);
let program = '';

before(async () => {
  program = await compileProgram('large-first', place);
});

/** Starts it under belay, and hears what it says. */
function startLarge(ms: number) {
  const words = [program, String(SIZE_MB), String(ms)];
  const started = start([BIN_BELAY, 'run', '--', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  started.child.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()));
  return { ...started, said: () => said };
}

/** A zombie runs nothing, and has no memory. */
function isThere(pid: number): boolean {
  const status = readStatus(pid);
  return status !== undefined && status.state !== 'zombie';
}

function findSupervisor(pid: number): number | undefined {
  const base = process.env.BELAY_DIR ?? '';
  const name = readdirSync(base).find((each) => each.startsWith(`${pid}-`));
  return name === undefined ? undefined : readSupervisorFile(path.join(base, name))?.supervisorPid;
}

describe('the first point of much memory', () => {
  test('the supervisor is killed meanwhile: nothing runs a second time', async (context) => {
    const ends: string[] = [];
    for (let life = 0; life < LIVES; life++) {
      const large = startLarge(400);
      const supervisorPid = await until('it is supervised', () => findSupervisor(large.pid));
      await until('it is ready', () => large.said().includes('ready') || undefined);
      await sleep(random.below(MOMENT_MAX_MS));
      const images = listChildrenOf(large.pid, large.pid);
      process.kill(supervisorPid, 'SIGKILL');
      await until('the image ends with it', () => !images.some(isThere));
      const { code, signal } = await large.exited;
      assert(code === 0 || signal === 'SIGKILL', `${code} ${signal}; ${REPEAT}`);
      assert.doesNotMatch(large.said(), /twice|done[^]*done/, REPEAT);
      ends.push(`${images.length} ${signal ?? 'went on'}`);
    }
    context.diagnostic(`${REPEAT}: ${ends.join(', ')}`);
  });

  test('the program ends meanwhile: so does the image', async () => {
    const large = startLarge(0);
    let image: number | undefined;
    await until('there is an image', () => {
      image ??= listChildrenOf(large.pid, large.pid)[0];
      return image !== undefined || large.child.exitCode !== null || undefined;
    });
    assert.deepEqual(await large.exited, { code: 0, signal: null });
    assert(image !== undefined);
    await until('it has ended', () => !isThere(image ?? 0));
  });

  test('the program has ended meanwhile: nothing of it is busy any more', async () => {
    const copy = path.join(place, 'copy');
    copyFileSync(program, copy);
    for (let life = 0; life < LIVES; life++) {
      const words = [BIN_BELAY, 'run', '--', copy, String(2 * SIZE_MB), '0'];
      const { exited } = start(words, { stdio: 'ignore' });
      assert.deepEqual(await exited, { code: 0, signal: null });
      // A file that somebody runs cannot be opened for writing.
      closeSync(openSync(copy, 'r+'));
    }
  });

  test('the program ends at any moment: so does its supervisor', async () => {
    for (let life = 0; life < LIVES; life++) {
      const large = startLarge(random.below(MOMENT_MAX_MS));
      const supervisorPid = await until('it is supervised', () => findSupervisor(large.pid));
      assert.deepEqual(await large.exited, { code: 0, signal: null }, REPEAT);
      await until('its supervisor has ended', () => !isThere(supervisorPid));
    }
  });

  test('it is let go meanwhile: it has no child more', async () => {
    await using large = await run(program, [String(SIZE_MB), '3000'], { stdio: 'ignore' });
    const { pid } = large;
    await until('there is an image', () => listChildrenOf(pid, pid).length > 0 || undefined);
    await large.detach();
    assert.deepEqual(listChildrenOf(pid, pid), []);
    assert(isThere(pid));
  });
});
