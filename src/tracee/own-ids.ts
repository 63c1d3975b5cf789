/**
 * Thread ids as the program itself knows them: those of its own pid namespace, which are others
 * than ours where it has one.
 *
 * Source: pid_namespaces(7); NSpid in proc_pid_status(5).
 */
import { readFileSync, readlinkSync } from 'node:fs';

export class OwnIds {
  private readonly pid: number;
  private isElsewhere: boolean | undefined = undefined;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** The ids of a thread that lives, the innermost first; the last is the one we know it by. */
  of(tid: number): readonly number[] {
    this.isElsewhere ??= hasOwnNamespace(this.pid);
    return this.isElsewhere ? readIds(this.pid, tid) : [tid];
  }

  /** The id by which the program knows the thread; ours where it cannot be had. */
  ownIdOf(tid: number): number {
    return this.of(tid)[0] ?? tid;
  }
}

/** The values of NSpid in a status file, the innermost first; none: it has no such line. */
export function parseNamespaceIds(status: string): number[] {
  const ids = /^NSpid:\s*(\d[\d\s]*?)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  return ids.map(Number).reverse();
}

function readIds(pid: number, tid: number): readonly number[] {
  try {
    const ids = parseNamespaceIds(readFileSync(`/proc/${pid}/task/${tid}/status`, 'latin1'));
    return ids.length === 0 ? [tid] : ids;
  } catch {
    return [tid];
  }
}

function hasOwnNamespace(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync('/proc/self/ns/pid');
  } catch {
    return true;
  }
}
