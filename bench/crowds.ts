/** Points and rollbacks of programs with many threads, mappings, descriptors or pipes. */
import { besideOf, rowOf, type Finding } from './finding.ts';
import type { Floor } from './floor.ts';
import { samplePoints, STEPS } from './points.ts';
import { sampleAlone, sampleSupervised } from './program.ts';
import { sampleTracer, type Workload } from './tracer.ts';

const CROWD: Workload = { rounds: 600, sizeMb: 8, pages: 10, threads: 16, keepKb: 0 };
const MULTITUDE: Workload = { ...CROWD, rounds: 60, threads: 1000 };
const CROWD_GOAL = 1.5;

const CHANNEL_ROUNDS = 300;
const DESCRIPTOR_ROUNDS = 200;
const MAPPING_ROUNDS = 40;
/** The kernel allows 65,530, those of libc and the stack among them. */
const MAPPINGS = 60_000;

const CHANNELS_LIMIT_NS = 2_000_000;
const IDLE_LIMIT_NS = 1_000_000;
const IDLE_BACK_LIMIT_NS = 1_500_000;
const MANY_LIMIT_NS = 15_000_000;

/** 16 threads, and 1,000; all but one asleep. */
export async function measureCrowd(floor: Floor): Promise<Finding[]> {
  return [
    ...(await measureThreads('16', CROWD, floor, CROWD_GOAL)),
    ...(await measureThreads('1,000', MULTITUDE, floor)),
  ];
}

async function measureThreads(count: string, workload: Workload, floor: Floor, goal?: number) {
  const findings: Finding[] = [];
  const titles = { save: 'tsetjmp', fall: 'rollback from SIGSEGV' };
  for (const mode of ['save', 'fall'] as const) {
    const samples = await sampleTracer(STEPS[mode], workload, floor.processor);
    const title = `${titles[mode]}, ${count} threads, 8 MB`;
    const inC = {
      ...rowOf(`${count} threads: a ${STEPS[mode]} by a tracer in C`, samples),
      why: 'stops them all, moves their registers, lets them go',
    };
    const supervised = rowOf(title, await samplePoints(mode, workload));
    const why = 'linear in threads: a stop and a set of registers for each';
    findings.push(inC, { ...supervised, ...besideOf('C tracer', inC, goal), why });
  }
  return findings;
}

/** As many mappings as a program may have. */
export async function measureMappings(): Promise<Finding[]> {
  const read = {
    ...rowOf('60,000 mappings: maps in C', await sampleAlone('mappings', 'read', 40, MAPPINGS)),
    why: 'what the kernel takes to tell of them all, once, however it is programmed',
  };
  const sample = (mode: string) => sampleSupervised('mappings', mode, MAPPING_ROUNDS, MAPPINGS);
  const beside = besideOf('maps in C', read);
  const why = 'maps is read and compared, and each is looked at by the scan';
  return [
    read,
    { ...rowOf('tsetjmp, 60,000 mappings', await sample('save')), ...beside, why },
    { ...rowOf('tlongjmp, same program', await sample('back')), ...beside, why },
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
      ...rowOf('64 KB in each of 16 pipes: rollback', full),
      limit: CHANNELS_LIMIT_NS,
      why: copies,
    },
    { ...rowOf('the same: tsetjmp', saved), why: '1 MB is copied and compared; and a stop' },
  ];
}

/** Idle ones of all sorts: 1,000, 10,000 and 20,000. */
export async function measureDescriptors(): Promise<Finding[]> {
  const few = await measureIdle('1,000', 1000, DESCRIPTOR_ROUNDS);
  const more = await measureIdle('10,000', 10_000, DESCRIPTOR_ROUNDS / 10);
  const many = await measureIdle('20,000', 20_000, DESCRIPTOR_ROUNDS / 10);
  return [
    few.read,
    { ...few.save, limit: IDLE_LIMIT_NS },
    { ...few.back, limit: IDLE_BACK_LIMIT_NS },
    more.read,
    more.save,
    more.back,
    many.read,
    { ...many.save, limit: MANY_LIMIT_NS },
    { ...many.back, limit: MANY_LIMIT_NS },
  ];
}

async function measureIdle(title: string, count: number, rounds: number) {
  const save = await sampleSupervised('descriptors', 'save', rounds, count);
  const back = await sampleSupervised('descriptors', 'back', rounds, count);
  const read = {
    ...rowOf(
      `${title} idle descriptors: fdinfo in C`,
      await sampleAlone('descriptors', 'read', rounds, count),
    ),
    why: 'what the kernel takes to tell of them all, once, however it is programmed',
  };
  const beside = besideOf('fdinfo in C', read);
  const why = 'as much, and a stop';
  return {
    read,
    save: { ...rowOf(`tsetjmp, ${title} idle descriptors`, save), ...beside, why },
    back: { ...rowOf('tlongjmp, same program', back), ...beside, why },
  };
}
