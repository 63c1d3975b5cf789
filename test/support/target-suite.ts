/**
 * Suites of target programs: each must fail without belay, and keep its promise under it.
 *
 * BELAY_TEST_REPEAT=N runs each target N times under belay, to find what fails seldom.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runUnderBelay, runUnderBelayOrdinary } from './belay.ts';
import { openOrdinaryCheckout } from './ordinary-user.ts';
import type { OrdinaryCheckout } from './ordinary-user.ts';
import { ROOT } from './paths.ts';
import { runProcess } from './run-process.ts';
import type { ProcessResult } from './run-process.ts';
import { compileTarget, readTarget, readTargets } from './targets.ts';
import type { Target } from './targets.ts';

const REPEAT = Number(process.env.BELAY_TEST_REPEAT ?? 1);

/** What a target says when there is nobody to answer its calls. */
const UNSUPERVISED = /^t(setjmp|keep): Function not implemented\n$/;

type Run = (command: readonly string[], target: Target) => Promise<ProcessResult>;

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

async function assertKeepsPromise(target: Target, args: readonly string[], run: Run) {
  const program = await compileTarget(target);
  for (let round = 0; round < REPEAT; round++) {
    const result = await run([program, ...args], target);
    const found = [result.stdout, result.code, result.signal];
    assert.deepEqual(found, ['ok\n', target.code, target.signal], describeResult(result));
    assert.equal(result.stderr, '');
  }
}

function testPromises(target: Target, run: Run): void {
  for (const args of target.runs) {
    const title = [target.name, ...args].join(' ');
    test(`${title} keeps its promise`, () => assertKeepsPromise(target, args, run));
  }
}

/** Runs every target of a topic alone, and then under belay. */
export function describeTargets(topic: string): void {
  describe(topic, () => {
    for (const target of readTargets(topic)) {
      test(`${target.name} fails without belay`, () => assertFailsAlone(target));
      testPromises(target, (command, { options }) => runUnderBelay(command, { options }));
    }
  });
}

/** Runs the targets named `topic/name` under belay, both as an ordinary user. */
export function describeTargetsOfOrdinaryUser(names: readonly string[]): void {
  const targets = names.map((name) => readTarget(path.dirname(name), path.basename(name)));
  describe('as an ordinary user', () => {
    let checkout: OrdinaryCheckout | undefined;
    before(async () => {
      for (const target of targets) await compileTarget(target);
      checkout = await openOrdinaryCheckout();
    });
    after(() => checkout?.remove());
    for (const target of targets) {
      testPromises(target, ([program = '', ...args], { options }) => {
        assert(checkout !== undefined);
        const copy = path.join(checkout.root, path.relative(ROOT, program));
        return runUnderBelayOrdinary(checkout.root, [copy, ...args], { options, cwd: '/' });
      });
    }
  });
}
