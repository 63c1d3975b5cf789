/** The processes that the first thread of another has begun, and that are not reaped yet. */
import { readFileSync } from 'node:fs';

export function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return children.split(' ').filter(Boolean).map(Number);
}
