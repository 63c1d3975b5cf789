/**
 * `npm run profile [-- MODE [THREADS]]`: where a supervisor's time goes while
 * bench/programs/points.c makes points (`save`) or is rolled back (`fall`, `jump`), by function of
 * the kernel, of Node and of ours; from perf (V8's own profiler asks a thread by a signal, and the
 * tracer takes none).
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from '../test/support/paths.ts';
import { makeFlaggedBelay } from '../test/support/watched-belay.ts';
import { compileProgram, NEVER_GIVE_UP, readStatus } from './program.ts';

/** More than are made until it is ended. */
const ROUNDS = '100000000';
/** 8 MB and 10 pages a round, as in the bench; nothing kept. */
const SIZE = ['8', '10'];
const KEPT = '0';
/** Chosen: code is optimized by then. */
const WARM_UP_MS = 8000;
const RECORDED_SECONDS = '5';
const SAMPLES_A_SECOND = '2000';
const SHOWN_MIN_PERCENT = '0.3';
/** For whoever may not count a processor's cycles, as in most virtual machines. */
const EVENT = 'cpu-clock';

/** What it prints. */
function perf(...words: readonly string[]): string {
  const { status, error, stdout, stderr } = spawnSync('perf', words, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`perf is needed (Debian: linux-perf): ${error.message}`);
  if (status !== 0) throw new Error(`perf ${words[0]} ended with ${status}: ${stderr}`);
  return stdout;
}

/** The lines with a share, without the room that perf makes for the longest name. */
function linesOf(report: string): string[] {
  return report
    .split('\n')
    .filter((line) => line.includes('%'))
    .map((line) => line.trimEnd().replaceAll(`file://${ROOT}/`, ''));
}

async function profile(place: string, mode: string, threads: string): Promise<void> {
  const belay = makeFlaggedBelay(place, ['--perf-basic-prof']);
  const command = [await compileProgram('points'), mode, ROUNDS, ...SIZE, threads, KEPT];
  const program = spawn(belay, ['run', ...NEVER_GIVE_UP, '--', ...command], { stdio: 'ignore' });
  const { pid } = program;
  if (pid === undefined) throw new Error('belay cannot be begun');
  try {
    await setTimeout(WARM_UP_MS);
    const { supervisorPid } = await readStatus(pid);
    const data = path.join(place, 'perf.data');
    const sampling = ['-e', EVENT, '-F', SAMPLES_A_SECOND, '-t', String(supervisorPid)];
    perf('record', ...sampling, '-o', data, 'sleep', RECORDED_SECONDS);
    const limits = ['--percent-limit', SHOWN_MIN_PERCENT];
    const report = perf('report', '--stdio', ...limits, '--sort', 'dso,sym', '-i', data);
    process.stdout.write(`${linesOf(report).join('\n')}\n`);
    // Where perf looks for V8's names, and nowhere else.
    rmSync(`/tmp/perf-${supervisorPid}.map`, { force: true });
  } finally {
    program.kill('SIGKILL');
  }
}

const [mode = 'save', threads = '1'] = process.argv.slice(2);
const place = mkdtempSync(path.join(os.tmpdir(), 'belay-profile-'));
try {
  await profile(place, mode, threads);
} finally {
  rmSync(place, { recursive: true, force: true });
}
