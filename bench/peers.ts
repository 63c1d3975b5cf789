/** What programs do without belay: fork() as the checkpoint, and siglongjmp out of the handler. */
import type { Finding } from './finding.ts';
import { sampleAlone } from './program.ts';
import { median, percentile } from './statistics.ts';

const FORKS = 15;
const SIZE_MB = 1024;
const PAGES = 100;
const JUMPS = 5000;

const ROWS = [
  { mode: 'fork', what: 'fork() as the checkpoint, 1 GB', why: 'copies all page tables' },
  { mode: 'exit', what: 'fork(), exit, waitpid(), 1 GB', why: 'a checkpoint made and dropped' },
  { mode: 'write', what: 'first write to a page after fork()', why: 'the page is copied' },
] as const;

export async function measurePeers(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { mode, what, why } of ROWS) {
    findings.push(describe(what, await sampleAlone('fork', mode, FORKS, SIZE_MB, PAGES), why));
  }
  const jumps = await sampleAlone('long-jump', JUMPS);
  const why = 'no memory comes back; trusts the stack, the heap and libc after the damage';
  return [...findings, describe('siglongjmp from a SIGSEGV handler', jumps, why)];
}

function describe(what: string, samples: readonly number[], why: string): Finding {
  return { what, value: median(samples), p99: percentile(samples, 0.99), unit: 'ns', why };
}
