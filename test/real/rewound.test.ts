/**
 * Programs that compute something, run with a point every 5 ms and put back at random moments: what
 * they write equals what an undisturbed run writes.
 *
 * BELAY_SEED=S repeats the moments of a run; each failure prints it.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BelayError, run } from '../../src/index.ts';
import type { Supervised } from '../../src/index.ts';
import { runProcess } from '../support/run-process.ts';
import { usePlace } from './place.ts';
import { Random } from './random.ts';
import { endAfterTests, start } from './started.ts';
import { writeSource, writeStatements, writeText } from './workloads.ts';

const SEED = Number(process.env.BELAY_SEED ?? Date.now() % 1_000_000);
const EVERY_MS = 5;
/** Between two rewinds: now and then several follow each other before there is a new point. */
const PAUSE_MAX_MS = 120;
const REWINDS_MAX = 8;
/** How many of the newest points a rewind chooses from. */
const POINTS_BACK = 8;

const place = usePlace();
const text = path.join(place, 'text');
const statements = path.join(place, 'statements.sql');
const preprocessed = path.join(place, 'source.i');
const assembly = path.join(place, 'source.s');

interface Job {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Standard input; standard output goes to a file. */
  readonly input: string;
  /** A file that the program opens for itself; standard output where there is none. */
  readonly output?: string;
}

const jobs: readonly Job[] = [
  { name: 'sqlite3', command: ['sqlite3', '-bail', ':memory:'], input: statements },
  {
    name: 'cc1',
    command: [await findCc1(), '-quiet', '-O2', preprocessed, '-o', assembly],
    input: '/dev/null',
    output: assembly,
  },
  { name: 'xz -T2', command: ['xz', '-T2', '-4', '--block-size=512KiB', '-c'], input: text },
  { name: 'zstd -T2', command: ['zstd', '-T2', '-12', '-q', '-c'], input: text },
];

async function findCc1(): Promise<string> {
  return (await runProcess(['gcc', '-print-prog-name=cc1'])).stdout.trim();
}

/** Runs `launch` with the job's files as standard input and output; a digest of the output. */
async function digestOf(
  job: Job,
  launch: (stdio: [number, number, 'inherit']) => Promise<void>,
): Promise<string> {
  const standard = path.join(place, 'standard-output');
  const [input, output] = [openSync(job.input, 'r'), openSync(standard, 'w')];
  try {
    await launch([input, output, 'inherit']);
  } finally {
    closeSync(input);
    closeSync(output);
  }
  const written = readFileSync(job.output ?? standard);
  assert(written.length > 10_000, `${job.name} has written something`);
  return createHash('sha256').update(written).digest('hex');
}

async function runUndisturbed(job: Job): Promise<string> {
  return digestOf(job, async (stdio) => {
    const { exited } = start(job.command, { stdio });
    assert.deepEqual(await exited, { code: 0, signal: null });
  });
}

/** Runs it under belay and rewinds it, up to the limit or to its end; how often. */
async function rewindAtRandom(supervised: Supervised, random: Random): Promise<number> {
  for (let rewinds = 0; rewinds < REWINDS_MAX; rewinds++) {
    await sleep(random.below(PAUSE_MAX_MS));
    try {
      const points = (await supervised.points()).slice(-POINTS_BACK);
      const point = points[random.below(points.length)];
      if (point !== undefined) await supervised.rewind(point.cd);
    } catch (error) {
      if (hasEnded(error)) return rewinds;
      throw error;
    }
  }
  return REWINDS_MAX;
}

function hasEnded(error: unknown): boolean {
  if (!(error instanceof BelayError)) return false;
  return ['ENOTSUPERVISED', 'ECONNLOST', 'ESRCH'].includes(error.code);
}

async function runRewound(job: Job, random: Random): Promise<[string, number]> {
  let rewinds = 0;
  const digest = await digestOf(job, async (stdio) => {
    const [command, ...args] = job.command;
    const options = { every: EVERY_MS, stdio, sharedOffsets: 'rollback' } as const;
    const supervised = await run(command, args, options);
    endAfterTests(supervised.pid, supervised.exited);
    rewinds = await rewindAtRandom(supervised, random);
    assert.deepEqual(await supervised.exited, { code: 0, signal: null });
  });
  return [digest, rewinds];
}

describe('rewound at random', () => {
  writeFileSync(statements, writeStatements());
  writeFileSync(preprocessed, writeSource());
  writeFileSync(text, writeText());
  const random = new Random(SEED);
  for (const job of jobs) {
    test(`${job.name} writes what it writes undisturbed`, async () => {
      const expected = await runUndisturbed(job);
      const [digest, rewinds] = await runRewound(job, random);
      const repeat = `BELAY_SEED=${SEED} node --test test/real/rewound.test.ts`;
      assert(rewinds > 1, `only ${rewinds} rewinds: it ended too soon`);
      assert.equal(digest, expected, `after ${rewinds} rewinds; repeat with: ${repeat}`);
    });
  }
});
