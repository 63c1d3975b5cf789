/**
 * Processes that may have what a program has open, too: open files come to others by fork(2), so
 * its parent, its children and its parent's other children are looked at.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { listChildren } from '../tasks/list-children.ts';
import { readStat } from '../tasks/read-stat.ts';
import { readTicks, TICKS_PER_SECOND } from '../tasks/read-ticks.ts';
import type { Stopped } from './stopped.ts';

/** Chosen: of a server with more workers, those that it made first tell. */
const RELATIVES_MAX = 64;
/** Chosen. */
const NUMBERS_MAX = 1024;

/** But for children made since the point: what they have, they have of a life that is undone. */
export function findRelatives(stopped: Stopped): number[] {
  const { pid, pump, pointTime, pointMs } = stopped;
  const pointTicks = readTicks() + 1 - ((Date.now() - pointTime) * TICKS_PER_SECOND) / 1000;
  const isOfPoint = (child: number): boolean => {
    const met = pump.threads.get(child)?.group.metMs;
    // Of one that is not ours the kernel tells to a tick.
    return met === undefined
      ? (readStat(child)?.startTicks ?? Infinity) <= pointTicks
      : met <= pointMs;
  };
  return [...findElders(pid), ...listChildren(pid).filter(isOfPoint)].slice(0, RELATIVES_MAX);
}

/** The same, with those children. */
export function findAllRelatives({ pid }: Stopped): number[] {
  return [...findElders(pid), ...listChildren(pid)].slice(0, RELATIVES_MAX);
}

/** The parent, and its other children. */
function findElders(pid: number): number[] {
  const parent = readStat(pid)?.ppid ?? 0;
  const all = parent > 1 ? [parent, ...listChildren(parent)] : [];
  return all.filter((other) => other !== pid);
}

/** What the descriptors of a process lead to, by number; none where we may not look. */
export function linksOf(pid: number): ReadonlyMap<number, string> {
  try {
    const names = readdirSync(`/proc/${pid}/fd`).slice(0, NUMBERS_MAX);
    return new Map(names.map((name) => [Number(name), linkOf(pid, name)]));
  } catch {
    return new Map();
  }
}

/** What one leads to; empty: there is none, or we may not look. */
export function linkOf(pid: number, name: string | number): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${name}`, 'latin1');
  } catch {
    return '';
  }
}
