/** Seals what remote calls need of a process, so that it cannot take it from us: mseal(2). */
import { readFileSync } from 'node:fs';
import { PAGE_SIZE, SYS } from '../arch/x64/syscalls.ts';
import { isKernelMapping, parseMaps } from '../procfs/maps.ts';
import type { Stopped } from '../resources/stopped.ts';
import { ptraceGetRseqConfiguration } from '../sys/ptrace.ts';

/**
 * The vdso, so that a program that unmaps everything leaves us one instruction; and the page where
 * the leader's rseq area lies: the kernel reads it on every return to user mode, and forces SIGSEGV
 * where it is gone. Answers what could not be sealed and what follows from that.
 */
export function sealWhatCallsNeed({ pid, living, remote }: Stopped): string | undefined {
  const { calls } = remote();
  let isSealed = true;
  for (const mapping of parseMaps(readFileSync(`/proc/${living}/maps`, 'latin1'))) {
    if (!isKernelMapping(mapping) || mapping.path === '[vsyscall]') continue;
    const size = mapping.end - mapping.start;
    if (calls.call(SYS.mseal, mapping.start, size, 0) < 0) isSealed = false;
  }
  const rseq = ptraceGetRseqConfiguration(pid);
  if (rseq !== undefined && rseq.address !== 0) {
    const start = Math.floor(rseq.address / PAGE_SIZE) * PAGE_SIZE;
    const end = Math.ceil((rseq.address + rseq.sizeBytes) / PAGE_SIZE) * PAGE_SIZE;
    calls.call(SYS.mseal, start, end - start, 0);
  }
  return isSealed ? undefined : 'the vdso cannot be sealed: unmapping everything is final';
}
