/** The threads of a process that /proc shows now; none: it has ended. */
import { readdirSync } from 'node:fs';

export function listThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}
