/** What programs do without belay: fork() as the checkpoint, and siglongjmp out of the handler. */
import { rowOf, type Finding } from './finding.ts';
import { sampleAlone } from './program.ts';

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
    const samples = await sampleAlone('fork', mode, FORKS, SIZE_MB, PAGES);
    findings.push({ ...rowOf(what, samples), why });
  }
  const jumps = await sampleAlone('long-jump', JUMPS);
  const why = 'no memory comes back; trusts the stack, the heap and libc after the damage';
  return [...findings, { ...rowOf('siglongjmp from a SIGSEGV handler', jumps), why }];
}
