/** Where in a process a system call can be made: the vdso has the instruction. */
import { readFileSync } from 'node:fs';
import { SYSCALL_INSTRUCTION } from '../arch/x64/registers.ts';
import { BelayError } from '../errors.ts';
import { parseMaps } from '../procfs/maps.ts';
import type { TargetMemory } from './target-memory.ts';

/** Its address, in the process of thread `tid`. Throws EUNSUPPORTED where there is none. */
export function findSyscallInstruction(tid: number, target: TargetMemory): number {
  const maps = parseMaps(readFileSync(`/proc/${tid}/maps`, 'latin1'));
  const vdso = maps.find((mapping) => mapping.path === '[vdso]');
  if (vdso !== undefined) {
    const image = target.read(vdso.start, vdso.end - vdso.start);
    const offset = image.indexOf(SYSCALL_INSTRUCTION);
    if (offset >= 0) return vdso.start + offset;
  }
  throw new BelayError('EUNSUPPORTED', `cannot make calls by thread ${tid}: it has no vdso`);
}
