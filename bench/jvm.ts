/** What the supervisor of a JVM holds, whose heap is written all over between two points. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN_BELAY } from '../test/support/paths.ts';
import { runProcess } from '../test/support/run-process.ts';
import type { Finding } from './finding.ts';
import { readFootprint, type Footprint } from './footprint.ts';
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

async function measureChurn(place: string, options: readonly string[]): Promise<Footprint> {
  const words = ['run', '--every', '20', ...options, '--', ...JAVA, '-cp', place, 'Churn'];
  const child = spawn(BIN_BELAY, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    await Promise.race([once(child.stdout, 'data'), exited]);
    if (child.exitCode !== null) throw new Error(`Churn ended with ${child.exitCode}`);
    await sleep(RUNNING_MS);
    return await readFootprint(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}
