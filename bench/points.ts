/** Points and rollbacks as the program sees them: small, large, with many threads or pipes. */
import type { Finding } from './finding.ts';
import type { Floor } from './floor.ts';
import { sampleAlone, sampleBound, sampleSupervised } from './program.ts';
import { median, percentile } from './statistics.ts';

/** Chosen: the floor, points and rollbacks in turn, so that a slow minute falls on all of them. */
const TURNS = 3;

/** The arguments of bench/programs/points.c. */
interface Workload {
  readonly rounds: number;
  readonly sizeMb: number;
  readonly pages: number;
  readonly threads: number;
}

const SMALL: Workload = { rounds: 800, sizeMb: 8, pages: 10, threads: 1 };
const LARGE: Workload = { rounds: 400, sizeMb: 1024, pages: 100, threads: 1 };
const CROWD: Workload = { rounds: 600, sizeMb: 8, pages: 10, threads: 16 };

const CHANNEL_ROUNDS = 300;
const DESCRIPTOR_ROUNDS = 200;

const LARGE_LIMIT_NS = 1_000_000;
const CHANNELS_LIMIT_NS = 2_000_000;
const IDLE_LIMIT_NS = 1_000_000;
const IDLE_BACK_LIMIT_NS = 1_500_000;
const MANY_LIMIT_NS = 15_000_000;
const CROWD_LIMIT_NS = 300_000;
/** A stop and resume, and four times as much for the scan, the copying and the registers. */
const FLOORS = 5;
/** The slowest of a hundred may meet one interrupt. */
const P99_FACTOR = 4;

type Mode = 'save' | 'fall' | 'jump';

function measure(mode: Mode, workload: Workload, processor?: number): Promise<number[]> {
  const { rounds, sizeMb, pages, threads } = workload;
  const words = [mode, rounds, sizeMb, pages, threads];
  if (processor === undefined) return sampleSupervised('points', ...words);
  return sampleBound(processor, 'points', ...words);
}

/** 8 MB, 10 pages written per round. */
export async function measureSmall(floor: Floor): Promise<Finding[]> {
  const samples: Record<Mode, number[]> = { save: [], fall: [], jump: [] };
  const bound: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    await floor.measure();
    samples.save.push(...(await measure('save', SMALL)));
    samples.fall.push(...(await measure('fall', SMALL)));
    samples.jump.push(...(await measure('jump', SMALL)));
    bound.push(...(await measure('save', SMALL, floor.processor)));
  }
  await floor.measure();
  const p50 = median(samples.save);
  return [
    {
      ...describe('tsetjmp, 8 MB, 10 pages a round', samples.save),
      ...floorLimit(floor),
      why: 'one stop; the scan, ten pages copied and the registers cost as much as four more',
    },
    {
      what: 'tsetjmp, p99 by p50',
      value: percentile(samples.save, 0.99) / p50,
      unit: 'ratio',
      limit: P99_FACTOR,
      expected: `≤ ${P99_FACTOR} × p50`,
      why: 'room for an interrupt, none for a pause of the garbage collector',
    },
    {
      ...describe('tsetjmp, both on one processor (taskset)', bound),
      ...floorLimit(floor),
      why: 'the same without two wake-ups across processors, which are the operator’s to avoid',
    },
    {
      ...describe('rollback from SIGSEGV, same program', samples.fall),
      ...floorLimit(floor),
      why: 'one stop; the scan, ten pages written back and the registers',
    },
    { ...describe('tlongjmp, same program', samples.jump), why: 'a rollback without a fault' },
  ];
}

function floorLimit(floor: Floor): Pick<Finding, 'expected'> & { limit?: number } {
  const expected = `≤ ${FLOORS} × floor`;
  return floor.ns === undefined ? { expected } : { expected, limit: FLOORS * floor.ns };
}

function describe(what: string, samples: readonly number[]) {
  return { what, value: median(samples), p99: percentile(samples, 0.99), unit: 'ns' as const };
}

/** 1 GB resident, 100 pages written per round. */
export async function measureLarge(): Promise<Finding[]> {
  const save = await measure('save', LARGE);
  const fall = await measure('fall', LARGE);
  const why = '2.3 ns to look at each of 262,144 pages, 1 µs for each that was written, and a stop';
  return [
    { ...describe('tsetjmp, 1 GB, 100 pages a round', save), limit: LARGE_LIMIT_NS, why },
    { ...describe('rollback from SIGSEGV, same program', fall), limit: LARGE_LIMIT_NS, why },
  ];
}

/** 16 threads, 15 of them asleep. */
export async function measureCrowd(): Promise<Finding[]> {
  const save = await measure('save', CROWD);
  const fall = await measure('fall', CROWD);
  const why = 'stopping 16 sleeping threads takes 91 µs, then 16 sets of registers';
  return [
    { ...describe('tsetjmp, 16 threads, 8 MB', save), limit: CROWD_LIMIT_NS, why },
    { ...describe('rollback from SIGSEGV, same program', fall), limit: CROWD_LIMIT_NS, why },
  ];
}

/** Pipes within a program: 16 with 64 KB each. */
export async function measureChannels(): Promise<Finding[]> {
  const sample = (mode: string, ...words: number[]): Promise<number[]> =>
    sampleSupervised('channels', mode, CHANNEL_ROUNDS, ...words);
  const full = await sample('back', 16, 64 << 10);
  const saved = await sample('save', 16, 64 << 10);
  const copies = '1 MB is compared, taken away and written back, 64 KB in some 40 µs; and a stop';
  return [
    {
      ...describe('64 KB in each of 16 pipes: rollback', full),
      limit: CHANNELS_LIMIT_NS,
      why: copies,
    },
    { ...describe('the same: tsetjmp', saved), why: '1 MB is copied and compared; and a stop' },
  ];
}

/** Idle ones of all sorts: 1,000, and 20,000. */
export async function measureDescriptors(): Promise<Finding[]> {
  const few = await measureIdle('1,000', 1000, DESCRIPTOR_ROUNDS);
  const many = await measureIdle('20,000', 20_000, DESCRIPTOR_ROUNDS / 10);
  return [
    few.read,
    { ...few.save, limit: IDLE_LIMIT_NS },
    { ...few.back, limit: IDLE_BACK_LIMIT_NS },
    many.read,
    { ...many.save, limit: MANY_LIMIT_NS },
    { ...many.back, limit: MANY_LIMIT_NS },
  ];
}

async function measureIdle(title: string, count: number, rounds: number) {
  const save = await sampleSupervised('descriptors', 'save', rounds, count);
  const back = await sampleSupervised('descriptors', 'back', rounds, count);
  const read = await sampleAlone('descriptors', 'read', rounds, count);
  return {
    read: {
      ...describe(`${title} idle descriptors: fdinfo in C`, read),
      why: 'what the kernel takes to tell of them all, once, however it is programmed',
    },
    save: { ...describe('the same: tsetjmp', save), why: 'as much, and a stop' },
    back: { ...describe('the same: rollback', back), why: 'as much, and a stop' },
  };
}
