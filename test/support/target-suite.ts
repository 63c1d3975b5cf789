/**
 * Suites of target programs: each must fail without belay, and keep its promise under it.
 *
 * BELAY_TEST_REPEAT=N runs each target N times under belay, to find what fails seldom.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { runBelay, runBelayOrdinary } from './belay.ts';
import { openOrdinaryCheckout } from './ordinary-user.ts';
import type { OrdinaryCheckout } from './ordinary-user.ts';
import { ROOT } from './paths.ts';
import { runProcess } from './run-process.ts';
import type { ProcessOptions, ProcessResult } from './run-process.ts';
import { compileTarget, readTarget, readTargets } from './targets.ts';
import type { Target } from './targets.ts';

const REPEAT = Number(process.env.BELAY_TEST_REPEAT ?? 1);

/** What a target says when there is nobody to answer its calls. */
const UNSUPERVISED = /^t(setjmp|keep): Function not implemented\n$/;

/** `belay WORDS`, by whoever is to run it. */
type Belay = (words: readonly string[], options: ProcessOptions) => Promise<ProcessResult>;

async function assertFailsAlone(target: Target): Promise<void> {
  const program = await compileTarget(target);
  const result = await runProcess([program, ...(target.runs[0] ?? [])]);
  assert.match(result.stderr, UNSUPERVISED);
  assert.deepEqual([result.code, result.signal, result.stdout], [3, null, '']);
}

function describeResult(result: ProcessResult): string {
  const end = result.timedOut ? 'did not end in time' : `ended ${result.signal ?? result.code}`;
  return `${end}\nstdout: ${result.stdout}\nstderr: ${result.stderr}`;
}

/** A new BELAY_DIR, which whoever uses it first can make. */
function makeStateDirectory(): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-targets-'));
  chmodSync(directory, 0o777);
  return path.join(directory, 'state');
}

async function assertKeepsPromise(
  target: Target,
  command: readonly string[],
  belay: Belay,
): Promise<void> {
  const directory = makeStateDirectory();
  const options = { cwd: '/', env: { ...process.env, BELAY_DIR: directory } };
  try {
    const result = await belay(['run', ...target.options, '--', ...command], options);
    const found = [result.stdout, result.code, result.signal];
    const wanted = ['ok\n', target.code, target.signal];
    if (!isDeepStrictEqual(found, wanted)) {
      // What fails seldom is to be understood from what was said the one time.
      const { stdout } = await belay(['log', path.basename(command[0] ?? '')], options);
      assert.deepEqual(found, wanted, `${describeResult(result)}\nlog: ${stdout}`);
    }
    assert.equal(result.stderr, '');
    if (target.log === undefined) return;
    const { stdout } = await belay(['log', path.basename(command[0] ?? '')], options);
    assert.match(stdout, /fell and was not caught/);
    assert.ok(stdout.includes(target.log), stdout);
  } finally {
    rmSync(path.dirname(directory), { recursive: true, force: true, maxRetries: 10 });
  }
}

/** @param place where the ordinary user has the compiled programs; as they are by default */
function testPromises(target: Target, belay: Belay, place = (program: string) => program): void {
  for (const args of target.runs) {
    test(`${[target.name, ...args].join(' ')} keeps its promise`, async () => {
      const program = await compileTarget(target);
      for (let round = 0; round < REPEAT; round++) {
        await assertKeepsPromise(target, [place(program), ...args], belay);
      }
    });
  }
}

/** Runs every target of a topic alone, and then under belay. */
export function describeTargets(topic: string): void {
  describe(topic, () => {
    for (const target of readTargets(topic)) {
      test(`${target.name} fails without belay`, () => assertFailsAlone(target));
      testPromises(target, runBelay);
    }
  });
}

/** Runs the targets named `topic/name` under belay, both as an ordinary user. */
export function describeTargetsOfOrdinaryUser(names: readonly string[]): void {
  const targets = names.map((name) => readTarget(path.dirname(name), path.basename(name)));
  describe('as an ordinary user', () => {
    let checkout: OrdinaryCheckout | undefined;
    const rootOf = (): string => {
      assert(checkout !== undefined);
      return checkout.root;
    };
    before(async () => {
      for (const target of targets) await compileTarget(target);
      checkout = await openOrdinaryCheckout();
    });
    after(() => checkout?.remove());
    for (const target of targets) {
      testPromises(
        target,
        (words, options) => runBelayOrdinary(rootOf(), words, options),
        (program) => path.join(rootOf(), path.relative(ROOT, program)),
      );
    }
  });
}
