/** Points and rollbacks of large programs, beside the bare scan and copy of their memory. */
import os from 'node:os';
import { besideOf, rowOf, type Finding } from './finding.ts';
import type { Floor } from './floor.ts';
import { samplePoints } from './points.ts';
import { Unmeasurable } from './program.ts';
import { sampleTracer, type Step, type Workload } from './tracer.ts';

const LARGE: Workload = { rounds: 400, sizeMb: 1024, pages: 100, threads: 1, keepKb: 0 };
const SCATTERED: Workload = { ...LARGE, rounds: 60, pages: 10_000 };
const HUGE: Workload = { ...LARGE, rounds: 40, sizeMb: 8192 };

/** The program, what is saved of it, and room for all others. */
const HUGE_NEEDS_MB = 18 * 1024;
const GOAL = 1.5;

/** 1 GB resident, 100 pages written per round; and 10,000. */
export async function measureLarge(floor: Floor): Promise<Finding[]> {
  const scan = await measureStep('scan', '1 GB: the bare scan, in C', LARGE, floor);
  const scanned = besideOf('bare scan', scan, GOAL);
  const why = 'the scan of 262,144 pages, a microsecond for each that was written, and a stop';
  const save = await samplePoints('save', LARGE);
  const fall = await samplePoints('fall', LARGE);
  return [
    scan,
    { ...rowOf('tsetjmp, 1 GB, 100 pages a round', save), ...scanned, why },
    { ...rowOf('rollback from SIGSEGV, same program', fall), ...scanned, why },
    ...(await measureScattered(floor)),
  ];
}

async function measureScattered(floor: Floor): Promise<Finding[]> {
  const pages = '10,000 scattered pages';
  const copy = await measureStep('copy', `${pages}: process_vm_readv, in C`, SCATTERED, floor);
  const write = await measureStep('write', `${pages}: process_vm_writev, in C`, SCATTERED, floor);
  const save = await samplePoints('save', SCATTERED);
  const fall = await samplePoints('fall', SCATTERED);
  return [
    copy,
    {
      ...rowOf(`tsetjmp, 1 GB, ${pages} a round`, save),
      ...besideOf('bare copy', copy, GOAL),
      why: 'what they were before is kept, and each is a page of its own',
    },
    write,
    {
      ...rowOf('rollback from SIGSEGV, same program', fall),
      ...besideOf('bare write', write, GOAL),
      why: 'the first write to each page after it was protected is a fault of its own',
    },
  ];
}

/** 8 GB, where there is room for that. */
export async function measureHuge(floor: Floor): Promise<Finding[]> {
  assertRoom(HUGE_NEEDS_MB, 'a program of 8 GB');
  const scan = await measureStep('scan', '8 GB: the bare scan, in C', HUGE, floor);
  const why = 'linear in size: eight times the scan of 1 GB';
  const beside = besideOf('bare scan', scan);
  const save = await samplePoints('save', HUGE);
  const fall = await samplePoints('fall', HUGE);
  return [
    scan,
    { ...rowOf('tsetjmp, 8 GB, 100 pages a round', save), ...beside, why },
    { ...rowOf('rollback from SIGSEGV, same program', fall), ...beside, why },
  ];
}

/** @throws Unmeasurable where so much memory is not free. */
export function assertRoom(neededMb: number, what: string): void {
  const freeMb = os.freemem() / 2 ** 20;
  if (freeMb >= neededMb) return;
  const [free, needed] = [freeMb, neededMb].map((mb) => `${Math.round(mb / 1024)} GB`);
  throw new Unmeasurable(`${what} needs ${needed ?? ''} of free memory, and ${free ?? ''} are`);
}

async function measureStep(step: Step, what: string, workload: Workload, floor: Floor) {
  const samples = await sampleTracer(step, workload, floor.processor);
  return { ...rowOf(what, samples), why: 'one step of a tracer in C, by the tracer’s own clock' };
}
