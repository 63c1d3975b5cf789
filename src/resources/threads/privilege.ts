/** Whether a process may choose the ids of threads that it makes: as it is now. */
import { readFileSync } from 'node:fs';
import type { Stopped } from '../stopped.ts';

const CAP_SYS_ADMIN = 21;
const CAP_CHECKPOINT_RESTORE = 40;
const WANTED = (1n << BigInt(CAP_SYS_ADMIN)) | (1n << BigInt(CAP_CHECKPOINT_RESTORE));

export function canChooseTid({ pid }: Stopped): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  return (BigInt(`0x${match?.[1] ?? '0'}`) & WANTED) !== 0n;
}
