/**
 * What the kernel knows of a standing process beside its memory: read through /proc, and by a small
 * program (look/) that takes copies of its descriptors for a moment.
 *
 * Nothing here comes from belay. Each entry has a name of what it is (`flags`, `pipe.content`), and
 * whose it is (`fd 7`, `thread 12`): a difference is of one entry.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { readDescriptorState, readRecordLocks } from './descriptor-state.ts';
import { readProcessState } from './process-state.ts';

export interface Entry {
  readonly what: string;
  readonly whose: string;
  readonly value: string;
}
export type KernelState = readonly Entry[];

export interface Looker {
  /** The compiled program of look/. */
  readonly program: string;
  /** Where the target writes what only it can ask, when it comes to a point. */
  readonly report: string;
}

/** Standard input, output and error lead to the checker: what is in them is not the target's. */
const OWN_MAX = 2;
const NOT_OF_OURS = /^(readiness|pipe\.|socket\.)/;

function readByLooker(pid: number, program: string): Entry[] {
  const { status, stdout } = spawnSync(program, [String(pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot look at the descriptors of ${pid}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [fd = '', what = '', value = ''] = line.split('\t');
      return { what, whose: `fd ${fd}`, value };
    })
    .filter(({ what, whose }) => Number(whose.slice(3)) > OWN_MAX || !NOT_OF_OURS.test(what));
}

/** `kind key word word …`, as target/calls/things.c writes them. */
function parseReport(report: string): Entry[] {
  return report
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [what = '', key = '', ...words] = line.split(' ');
      return { what: `told.${what}`, whose: key, value: words.join(' ') };
    });
}

export function readKernelState(pid: number, { program, report }: Looker): KernelState {
  // Told once for each number of the open file by which they were taken.
  const records = new Set<string>();
  const descriptors = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    for (const record of readRecordLocks(info)) records.add(record);
    const link = readlinkSync(`/proc/${pid}/fd/${fd}`);
    return readDescriptorState(Number(fd), info, link);
  });
  return [
    ...readByLooker(pid, program),
    ...descriptors,
    { what: 'locks', whose: 'the process', value: [...records].sort().join('; ') },
    ...readProcessState(pid),
    ...parseReport(report),
  ];
}

export interface StateDifference {
  readonly what: string;
  readonly text: string;
}

/** Times that run meanwhile: what is left of them may differ by what a step takes. */
const RUNNING = /(remaining|it_value)$/;
const TOLERANCE_S = 60;

function isSame(what: string, was: string, is: string): boolean {
  if (was === is) return true;
  if (!RUNNING.test(what)) return false;
  const base = what.startsWith('told.') ? 16 : 10;
  const [then = NaN, now = NaN] = [was, is].map((text) => parseInt(text.replace(/^\(/, ''), base));
  return then !== 0 && now !== 0 && Math.abs(then - now) <= TOLERANCE_S;
}

const keyOf = ({ what, whose }: Entry): string => `${what} of ${whose}`;

/** The kernel's own, when a lease is broken or a file is ready: nobody takes that back. */
const SIGIO = 1n << 28n;

/** Signals that wait: those that have gone, and those that have come. */
function comparePending(key: string, was: bigint, is: bigint): StateDifference[] {
  const [gone, come] = [was & ~is, is & ~was];
  const text = `${key} was ${was.toString(16)}, is ${is.toString(16)}`;
  return [
    ...(gone === 0n ? [] : [{ what: 'pending.gone', text }]),
    ...((come & SIGIO) === 0n ? [] : [{ what: 'pending.sigio', text }]),
    ...((come & ~SIGIO) === 0n ? [] : [{ what: 'pending.come', text }]),
  ];
}

/** What it made since is told apart from what has changed. */
const MADE_SINCE = /^told\.(semaphores|queue)$/;

function isNew(then: Entry | undefined): string {
  return then === undefined ? 'made' : '';
}

/** A pair can be another one, and hold what the former one held. */
function isBothSockets(was: string, is: string): boolean {
  return [was, is].every((value) => value.startsWith('unix-socket '));
}

/** Where a number leads to another file, all else that is told of it says nothing more. */
export function compareKernelStates(before: KernelState, after: KernelState): StateDifference[] {
  const was = new Map(before.map((entry) => [keyOf(entry), entry]));
  const is = new Map(after.map((entry) => [keyOf(entry), entry]));
  const differences: StateDifference[] = [];
  const others = new Set<string>();
  const keys = new Set([...was.keys(), ...is.keys()]);
  for (const pass of ['file', 'rest']) {
    for (const key of keys) {
      const [then, now] = [was.get(key), is.get(key)];
      const { what, whose } = then ?? now ?? { what: '', whose: '' };
      if ((what === 'file') !== (pass === 'file') || others.has(whose)) continue;
      const [wasValue, isValue] = [then?.value ?? 'none', now?.value ?? 'none'];
      if (isSame(what, wasValue, isValue)) continue;
      if (what === 'file' && !isBothSockets(wasValue, isValue)) others.add(whose);
      if (what === 'pending') {
        const [before, now] = [wasValue, isValue].map((text) => BigInt(`0x${text}`));
        differences.push(...comparePending(key, before ?? 0n, now ?? 0n));
        continue;
      }
      // What goes through it is others', too, and told of in the log alone.
      const isOthers = /^(pipe|readiness)\./.test(what) && was.has(`fifo.reader of ${whose}`);
      const size = `pipe.size of ${whose}`;
      const isResized =
        what.startsWith('readiness.') && was.get(size)?.value !== is.get(size)?.value;
      const kind = what === 'file' ? wasValue : MADE_SINCE.test(what) ? isNew(then) : '';
      const front = isOthers ? 'fifo.' : isResized ? 'resized.' : '';
      const behind = kind === '' ? '' : `.${kind.split(' ')[0] ?? ''}`;
      differences.push({
        what: `${front}${what.replace(/ of \d+$/, '')}${behind}`,
        text: `${key} was ${wasValue}, is ${isValue}`,
      });
    }
  }
  return differences;
}
