/** How many resets a second a fuzzer's loop has: by tlongjmp, and by a fork server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BIN_BELAY } from '../test/support/paths.ts';
import { besideOf, type Finding } from './finding.ts';
import { readTicks, TICK_NS } from './processor-time.ts';
import { compileProgram, NEVER_GIVE_UP, readStatus } from './program.ts';
import { median } from './statistics.ts';

/** Both in each, so that a slow minute falls on both. */
const TURNS = 3;
/** Enough for the kernel's account, which is in hundredths of a second. */
const LOOP_MS = 1000;
const PAGES = 10;
const LEAST = 25_000;
/** Of one processor. */
const SHARE_LIMIT_PERCENT = 100;

/** What came of one loop. */
interface Loop {
  /** Resets a second. */
  readonly rate: number;
  /** The supervisor's processor time by the time that the loop took, in percent. */
  readonly share: number;
}

export async function measureResets(): Promise<Finding[]> {
  const forks: Loop[] = [];
  const jumps: Loop[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    forks.push(await runLoop('fork'));
    jumps.push(await runLoop('jump'));
  }
  const server = {
    what: 'resets a second by a fork server in C, 8 MB, 10 pages',
    value: median(forks.map(({ rate }) => rate)),
    unit: 'rate' as const,
    why: 'fork, 10 pages, exit, waitpid: what fuzzers do without belay',
  };
  return [
    server,
    {
      what: 'resets a second by tlongjmp, same program',
      value: median(jumps.map(({ rate }) => rate)),
      unit: 'rate',
      least: LEAST,
      ...besideOf('fork server', server),
      why: 'the process stays: no new one, no page tables copied',
    },
    {
      what: 'the supervisor’s processor time meanwhile',
      value: median(jumps.map(({ share }) => share)),
      unit: 'percent',
      limit: SHARE_LIMIT_PERCENT,
      why: 'one thread does it all, and nothing beside it',
    },
  ];
}

async function runLoop(mode: 'fork' | 'jump'): Promise<Loop> {
  const program = await compileProgram('resets');
  const command = [program, mode, String(LOOP_MS), String(PAGES)];
  const belay = [BIN_BELAY, 'run', ...NEVER_GIVE_UP, '--'];
  const [file = '', ...args] = mode === 'fork' ? command : [...belay, ...command];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  try {
    await nextLine(lines);
    const pids = mode === 'fork' ? [] : [(await readStatus(child.pid ?? 0)).supervisorPid];
    const before = readTicks(pids);
    child.stdin.write('\n');
    const [rounds = Number.NaN, ns = Number.NaN] = (await nextLine(lines)).split(' ').map(Number);
    const used = (readTicks(pids) - before) * TICK_NS;
    return { rate: (rounds / ns) * 1e9, share: (used / ns) * 100 };
  } finally {
    child.stdin.end();
    await exited;
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const next = await lines.next();
  if (next.done === true) throw new Error('cannot measure with resets: it ended too early');
  return next.value;
}
