/** The neighbour of points and rollbacks: a tracer in C that does the kernel's part alone. */
import { sampleAlone } from './program.ts';

/** The arguments of bench/programs/points.c, and of work.c but for the last. */
export interface Workload {
  readonly rounds: number;
  readonly sizeMb: number;
  /** Written per round. */
  readonly pages: number;
  readonly threads: number;
  /** Survives rollbacks. */
  readonly keepKb: number;
}

/** A step of bench/programs/work.c, or all of them together. */
export type Step = 'point' | 'look' | 'fall' | 'jump' | 'scan' | 'copy' | 'write';

/** What the tracer in C takes for it, by program and tracer on one processor. */
export function sampleTracer(
  step: Step,
  { rounds, sizeMb, pages, threads }: Workload,
  processor: number,
): Promise<number[]> {
  return sampleAlone('work', step, rounds, processor, sizeMb, pages, threads);
}
