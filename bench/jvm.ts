/** What the supervisor of a JVM holds, whose heap is written all over between two points. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runProcess } from '../test/support/run-process.ts';
import type { Finding } from './finding.ts';
import { measureFootprint, type Footprint } from './footprint.ts';
import { PROGRAMS } from './program.ts';

const MB = 2 ** 20;
const RUNNING_MS = 3000;
const BESIDE_LIMIT = 60 * MB;
/** Twice the heap: more than one point fits, far from all that would be kept. */
const MEMORY_MB = 256;
/** A heap of known size, whatever the machine has. */
const JAVA = ['java', '-Xms128m', '-Xmx128m'];

export async function measureJvm(): Promise<Finding[]> {
  const place = mkdtempSync(path.join(os.tmpdir(), 'belay-bench-'));
  try {
    const built = await runProcess(['javac', '-d', place, path.join(PROGRAMS, 'Churn.java')]);
    if (built.code !== 0) throw new Error(`cannot compile Churn.java: ${built.stderr}`);
    const free = await measureChurn(place, []);
    const limited = await measureChurn(place, ['--memory', `${MEMORY_MB}M`]);
    return [
      describe('a JVM, 3 s of --every 20: supervisor, without saved pages', free),
      {
        what: `the same with --memory ${MEMORY_MB}M: saved pages`,
        value: limited.saved,
        unit: 'bytes',
        limit: MEMORY_MB * MB,
        why: 'the oldest points give way, whatever the program writes',
      },
      describe('the same: supervisor, without saved pages', limited),
    ];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function describe(what: string, { rss, saved }: Footprint): Finding {
  const why = 'pages of points that are gone are given back, or used for the next';
  return { what, value: rss - saved, unit: 'bytes', limit: BESIDE_LIMIT, why };
}

function measureChurn(place: string, options: readonly string[]): Promise<Footprint> {
  const words = ['--every', '20', ...options, '--', ...JAVA, '-cp', place, 'Churn'];
  return measureFootprint(words, RUNNING_MS);
}
