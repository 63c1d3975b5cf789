/**
 * Which other processes have an end of what the program has: those that it has begun, and at first
 * its ancestors and their other children, from which it may have inherited it. Who was given one
 * over a socket is not found.
 *
 * Each process is looked through once, when it is new: it has what its parent had then, and can
 * only lose it. One that has been found to have something is looked at again each time.
 */
import { at } from '../../at.ts';
import { listChildren } from '../../tasks/list-children.ts';
import { readStat } from '../../tasks/read-stat.ts';
import { linkOf, linksOf } from '../relatives.ts';
import type { Stopped } from '../stopped.ts';

/** Chosen: of a server with more workers, those that it made first tell. */
const PROCESSES_MAX = 64;
/** Chosen: make(1) and its shells. */
const ANCESTORS_MAX = 8;

interface Holder {
  readonly pid: number;
  readonly fd: number;
}

export class Sharers {
  private readonly holders = new Map<string, Holder>();
  /** Process ids, with when each began: ids are given again. */
  private seen: ReadonlySet<string> = new Set();
  private relatives: readonly number[] | undefined = undefined;
  /** Names that were there at the first look: they may be inherited. */
  private inherited: ReadonlySet<string> | undefined = undefined;

  /** The table has changed, or the program has begun processes. */
  look(stopped: Stopped, names: ReadonlySet<string>): void {
    for (const name of this.holders.keys()) if (!names.has(name)) this.holders.delete(name);
    if (this.inherited === undefined) {
      this.inherited = names;
      this.relatives = listRelatives(stopped.pid);
      this.scan(this.relatives, names);
    }
    const descendants = listDescendants(stopped.pid).map((pid): [string, number] => [
      `${pid} ${readStat(pid)?.startTicks ?? 0}`,
      pid,
    ]);
    const fresh = descendants.filter(([key]) => !this.seen.has(key));
    this.scan(
      fresh.map(([, pid]) => pid),
      names,
    );
    this.seen = new Set(descendants.map(([key]) => key));
  }

  /** A process that has it now. */
  find(stopped: Stopped, name: string): number | undefined {
    const holder = this.holders.get(name);
    if (holder === undefined) return undefined;
    if (linkOf(holder.pid, holder.fd) === name) return holder.pid;
    this.holders.delete(name);
    const relatives = this.inherited?.has(name) === true ? this.relatives : undefined;
    this.scan([...(relatives ?? []), ...listDescendants(stopped.pid)], new Set([name]));
    return this.holders.get(name)?.pid;
  }

  private scan(pids: readonly number[], names: ReadonlySet<string>): void {
    for (const pid of pids.slice(0, PROCESSES_MAX)) {
      for (const [fd, name] of linksOf(pid))
        if (names.has(name)) this.holders.set(name, { pid, fd });
    }
  }
}

function listRelatives(pid: number): number[] {
  const parent = readStat(pid)?.ppid ?? 0;
  const siblings = parent > 1 ? listChildren(parent).filter((other) => other !== pid) : [];
  const ancestors: number[] = [];
  for (let each = parent; each > 1 && ancestors.length < ANCESTORS_MAX;) {
    ancestors.push(each);
    each = readStat(each)?.ppid ?? 0;
  }
  return [...ancestors, ...siblings];
}

function listDescendants(pid: number): number[] {
  const found = listChildren(pid);
  for (let index = 0; index < found.length && found.length < PROCESSES_MAX; index += 1)
    found.push(...listChildren(at(found, index)));
  return found;
}
