/** Points and rollbacks of a small program, as it sees them, beside a tracer in C. */
import { besideOf, rowOf, type Finding } from './finding.ts';
import type { Floor } from './floor.ts';
import { sampleBound, sampleSupervised } from './program.ts';
import { median, percentile } from './statistics.ts';
import { sampleTracer, type Step, type Workload } from './tracer.ts';

/** Chosen: the neighbours, points and rollbacks in turn, so that a slow minute falls on all. */
const TURNS = 3;

const SMALL: Workload = { rounds: 800, sizeMb: 8, pages: 10, threads: 1, keepKb: 0 };
const KEEPING: Workload = { ...SMALL, keepKb: 64 };

/** Times what a tracer in C takes: what else belay looks at at a point. */
const POINT_GOAL = 2.5;
/** The same for rollbacks, with the checks that come before the first byte is written. */
const BACK_GOAL = 3.5;
const KEPT_GOAL = 4;
/** The slowest of a hundred may meet one interrupt. */
const P99_FACTOR = 3;

export type Mode = 'save' | 'fall' | 'jump';

/** The neighbour of each. */
export const STEPS: Readonly<Record<Mode, Step>> = { save: 'point', fall: 'fall', jump: 'jump' };

/** How points.c finds them under belay, bound to a processor where one is given. */
export function samplePoints(mode: Mode, workload: Workload, processor?: number) {
  const { rounds, sizeMb, pages, threads, keepKb } = workload;
  const words = [mode, rounds, sizeMb, pages, threads, keepKb];
  if (processor === undefined) return sampleSupervised('points', ...words);
  return sampleBound(processor, 'points', ...words);
}

/** 8 MB, 10 pages written per round. */
export async function measureSmall(floor: Floor): Promise<Finding[]> {
  const tracer: Record<Mode, number[]> = { save: [], fall: [], jump: [] };
  const belay: Record<Mode, number[]> = { save: [], fall: [], jump: [] };
  const looking: number[] = [];
  const bound: number[] = [];
  const keeping: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await floor.measure();
    for (const mode of ['save', 'fall', 'jump'] as const) {
      tracer[mode].push(...(await sampleTracer(STEPS[mode], SMALL, floor.processor)));
      belay[mode].push(...(await samplePoints(mode, SMALL)));
    }
    looking.push(...(await sampleTracer('look', SMALL, floor.processor)));
    bound.push(...(await samplePoints('save', SMALL, floor.processor)));
    keeping.push(...(await samplePoints('fall', KEEPING)));
  }
  await floor.measure();
  return [
    ...describePoints(tracer.save, looking, belay.save, bound),
    ...describeBack(tracer, belay, keeping),
  ];
}

function describePoints(
  tracer: number[],
  looking: number[],
  belay: number[],
  bound: number[],
): Finding[] {
  const inC = {
    ...rowOf('a point by a tracer in C', tracer),
    why: 'stop, registers, scan, copy, resume: what the kernel takes, however it is programmed',
  };
  const beside = besideOf('C tracer', inC, POINT_GOAL);
  return [
    inC,
    {
      ...rowOf('the same, and all that a point looks at, in C', looking),
      ...besideOf('C tracer', inC),
      why: 'the system calls by which belay finds what else has changed, and nothing else',
    },
    {
      ...rowOf('tsetjmp, 8 MB, 10 pages a round', belay),
      ...beside,
      why: 'the same stop and work, and what else may have changed is looked at',
    },
    {
      what: 'tsetjmp, p99 by p50',
      value: percentile(belay, 0.99) / median(belay),
      unit: 'ratio',
      limit: P99_FACTOR,
      expected: `≤ ${P99_FACTOR} × p50`,
      why: 'room for an interrupt, none for a pause of the garbage collector',
    },
    {
      ...rowOf('tsetjmp, both on one processor (taskset)', bound),
      ...beside,
      why: 'the same without two wake-ups across processors, which are the operator’s to avoid',
    },
  ];
}

function describeBack(
  tracer: Record<Mode, number[]>,
  belay: Record<Mode, number[]>,
  keeping: number[],
): Finding[] {
  const why = 'stop, scan, write back, scan and protect, all registers, resume';
  const fall = { ...rowOf('a rollback from SIGSEGV by a tracer in C', tracer.fall), why };
  const jump = { ...rowOf('a rollback at a call by a tracer in C', tracer.jump), why };
  return [
    fall,
    {
      ...rowOf('rollback from SIGSEGV, same program', belay.fall),
      ...besideOf('C tracer', fall, BACK_GOAL),
      why: 'the same, after it is known that nothing stands in the way',
    },
    jump,
    {
      ...rowOf('tlongjmp, same program', belay.jump),
      ...besideOf('C tracer', jump, BACK_GOAL),
      why: 'a rollback without a fault',
    },
    {
      ...rowOf('rollback from SIGSEGV, 64 KB kept', keeping),
      ...besideOf('C tracer', fall, KEPT_GOAL),
      why: 'pages that are kept whole are neither read nor written',
    },
  ];
}
