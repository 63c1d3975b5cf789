/**
 * Many supervised programs at a time, of two users, and children that use belay for themselves.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runUnderBelay, runUnderBelayOrdinary } from '../support/belay.ts';
import { openOrdinaryCheckout } from '../support/ordinary-user.ts';
import type { OrdinaryCheckout } from '../support/ordinary-user.ts';
import { PYTHON } from '../support/paths.ts';
import { runProcess } from '../support/run-process.ts';
import type { ProcessResult } from '../support/run-process.ts';
import { compileProgram } from './compile.ts';
import { usePlace } from './place.ts';
import { programPath } from './program-path.ts';

const PROGRAMS_PER_USER = 4;
const ROUNDS = 100;
const CHILDREN = 4;
/** As in test/support/ordinary-user.ts: `nobody`. */
const ORDINARY_UID = 65534;

const place = usePlace();
// The ordinary user's programs are here as well.
chmodSync(place, 0o755);

/** Where supervisors of the ordinary user keep their files. */
function makeOrdinaryDirectory(): string {
  const directory = path.join(place, 'ordinary');
  mkdirSync(directory, { mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(directory, ORDINARY_UID, ORDINARY_UID);
  return directory;
}

function assertOk(result: ProcessResult): void {
  assert.match(result.stdout, /^\d+\nok\n$/, result.stderr);
  assert.deepEqual([result.code, result.stderr], [0, '']);
}

describe('many programs', () => {
  let checkout: OrdinaryCheckout | undefined;
  let program = '';
  before(async () => {
    program = await compileProgram('falls', place);
    checkout = await openOrdinaryCheckout();
  });
  after(() => checkout?.remove());

  test('have nobody to answer their calls without belay', async () => {
    const result = await runProcess([program, 'fault', '2']);
    assert.match(result.stdout, /^\d+\nalone\n$/);
  });

  test('of two users fall and come back at the same time', async () => {
    const command = [program, 'fault', String(ROUNDS)];
    const { root } = checkout ?? {};
    assert(root !== undefined);
    const env = { ...process.env, BELAY_DIR: makeOrdinaryDirectory() };
    const results = await Promise.all(
      Array.from({ length: PROGRAMS_PER_USER }, () => [
        runUnderBelay(command),
        runUnderBelayOrdinary(root, command, { env, cwd: '/' }),
      ]).flat(),
    );
    for (const result of results) assertOk(result);
    const pids = results.map(({ stdout }) => stdout.split('\n')[0]);
    assert.equal(new Set(pids).size, 2 * PROGRAMS_PER_USER);
  });

  test('that are children of one supervised shell fall and come back, each by itself', async () => {
    const ruined = programPath('ruined.py');
    const children = [
      ...Array<string>(CHILDREN).fill(`${program} fault ${ROUNDS}`),
      `/usr/bin/python3 "${ruined}" 20 ${place}/ruined.txt`,
    ];
    const script = `${children.map((each) => `${each} & `).join('')} wait`;
    const env = { ...process.env, PYTHONPATH: PYTHON, PYTHONDONTWRITEBYTECODE: '1' };
    const result = await runUnderBelay(['/bin/sh', '-c', script], { env });
    assert.deepEqual(result.stdout.match(/^ok.*$/gm)?.length, CHILDREN + 1, result.stderr);
    assert.equal(result.code, 0);
  });
});
