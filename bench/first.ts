/** The first point of a large program, beside fork() of the same. */
import { besideOf, rowOf, type Finding } from './finding.ts';
import { sampleAlone, sampleSupervised } from './program.ts';

/** Chosen: each turn copies a gigabyte. */
const TURNS = 5;
const SIZE_MB = 1024;
const GOAL = 2;

/** What 1 GB that was never saved before makes a point cost. */
export async function measureFirst(): Promise<Finding[]> {
  const forks: number[] = [];
  const points: number[] = [];
  const grown: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    forks.push(...(await sampleAlone('first', 'fork', SIZE_MB)));
    points.push(...(await sampleSupervised('first', 'point', SIZE_MB)));
    grown.push(...(await sampleSupervised('first', 'grown', SIZE_MB)));
  }
  const fork = { ...rowOf('fork() of a program of 1 GB', forks), why: 'copies all page tables' };
  const beside = besideOf('fork()', fork, GOAL);
  return [
    fork,
    {
      ...rowOf('first tsetjmp, 1 GB', points),
      ...beside,
      why: 'all page tables are protected, then copied; the supervisor does all for the first time',
    },
    {
      ...rowOf('tsetjmp of a program grown to 1 GB', grown),
      ...beside,
      why: 'the same, in a supervisor that has made a point before',
    },
  ];
}
