/**
 * Which processes of a program have been given a filter of belay's, and when: each keeps it for
 * life, and what it forks from then on has it, too. They must not be taken for filters of a
 * program's own when it is attached to again.
 *
 * A line for each: `PID START INSTALLED`, the times in clock ticks since the machine started. One
 * that is lost makes a process look confined: it is refused by name, and not harmed.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './process-identity.ts';
import { readSmallFile } from './small-file.ts';

const FILTERS_FILE = 'filters';
const FILE_MAX_BYTES = 256 * 1024;
/** Chosen: so many fit in the file. */
const NOTES_MAX = 4096;

export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

export interface FilterNote extends ProcessIdentity {
  readonly installedTicks: number;
}

/** None where nothing is known. */
export function readFilterNotes(directory: string): FilterNote[] {
  const text = readSmallFile(join(directory, FILTERS_FILE), FILE_MAX_BYTES)?.toString('latin1');
  return (text ?? '').split('\n').flatMap((line) => {
    const [, ...words] = /^(\d{1,10}) (\d{1,15}) (\d{1,15})$/.exec(line) ?? [];
    const [pid, startTicks, installedTicks] = words.map(Number);
    if (pid === undefined || startTicks === undefined || installedTicks === undefined) return [];
    return [{ pid, startTicks, installedTicks }];
  });
}

/** Those of processes that live, in one step: half of them would be worse than the ones before. */
export function writeFilterNotes(directory: string, notes: readonly FilterNote[]): void {
  const living = notes.filter(({ pid, startTicks }) => isAlive(pid, startTicks)).slice(-NOTES_MAX);
  const lines = living.map((each) => `${each.pid} ${each.startTicks} ${each.installedTicks}\n`);
  const path = join(directory, FILTERS_FILE);
  writeFileSync(`${path}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * How many filters of belay's a process has: its own, and those that its parent had when it was
 * forked.
 *
 * @param chain the process, its parent, and so on
 */
export function countFilters(
  notes: readonly FilterNote[],
  chain: readonly ProcessIdentity[],
): number {
  let count = 0;
  let untilTicks = Infinity;
  for (const { pid, startTicks } of chain) {
    count += notes.filter(
      (note) =>
        note.pid === pid && note.startTicks === startTicks && note.installedTicks < untilTicks,
    ).length;
    untilTicks = startTicks;
  }
  return count;
}
