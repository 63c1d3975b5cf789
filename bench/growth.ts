/** What the charts are drawn from: pauses against pages written, and against the program's size. */
import { besideOf, rowOf, type Finding, type Place } from './finding.ts';
import type { Floor } from './floor.ts';
import { assertRoom } from './large.ts';
import { samplePoints } from './points.ts';
import { Unmeasurable } from './program.ts';
import { sampleTracer, type Workload } from './tracer.ts';

/** Pages of a program that is large enough for the most of them to be scattered. */
const PAGES = [1, 10, 100, 1000, 10_000];
const PAGES_SIZE_MB = 512;

const SIZES_MB = [8, 64, 256, 1024];
const SIZES_PAGES = 10;

/** Enough for a median, and for code that runs often to be compiled before. */
const ROUNDS = 200;
/** Where a round takes tens of milliseconds. */
const ROUNDS_SLOW = 40;
const SLOW_FROM_PAGES = 1000;
/** The program, what is saved of it, and as much again for others. */
const ROOM_FACTOR = 3;

type Chart = Place['chart'];

export async function measureGrowth(floor: Floor): Promise<Finding[]> {
  const findings: Finding[] = [];
  const base = { rounds: ROUNDS, threads: 1, keepKb: 0 };
  for (const pages of PAGES) {
    const rounds = pages < SLOW_FROM_PAGES ? ROUNDS : ROUNDS_SLOW;
    const workload = { ...base, rounds, sizeMb: PAGES_SIZE_MB, pages };
    findings.push(...(await measurePlace('pages', pages, workload, floor)));
  }
  for (const sizeMb of SIZES_MB) {
    const workload = { ...base, sizeMb, pages: SIZES_PAGES };
    findings.push(...(await measurePlace('size', sizeMb, workload, floor)));
  }
  return findings;
}

/** None where the machine has no room for that size: the line is shorter then. */
async function measurePlace(chart: Chart, x: number, workload: Workload, floor: Floor) {
  try {
    assertRoom(workload.sizeMb * ROOM_FACTOR, `a program of ${workload.sizeMb} MB`);
  } catch (error) {
    if (error instanceof Unmeasurable) return [];
    throw error;
  }
  const title = titleOf(workload);
  const place = (line: string) => ({ place: { chart, line, x } });
  const sample = sampleTracer('point', workload, floor.processor);
  const tracer = {
    ...rowOf(`${title}: a point by a tracer in C`, await sample),
    ...place('tracer in C, point'),
    why: 'what the kernel takes, however it is programmed',
  };
  const save = rowOf(`${title}: tsetjmp`, await samplePoints('save', workload));
  const fall = rowOf(`${title}: rollback from SIGSEGV`, await samplePoints('fall', workload));
  const compared = { ...besideOf('C tracer', tracer), why: 'for the chart' };
  return [
    tracer,
    { ...save, ...compared, ...place('tsetjmp') },
    { ...fall, ...compared, ...place('rollback from SIGSEGV') },
  ];
}

function titleOf({ sizeMb, pages }: Workload): string {
  const size = sizeMb < 1024 ? `${sizeMb} MB` : `${sizeMb / 1024} GB`;
  return `${size}, ${pages.toLocaleString('en-US')} page${pages === 1 ? '' : 's'}`;
}
