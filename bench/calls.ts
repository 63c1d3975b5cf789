/** What belay costs each system call of a program that makes no point. */
import type { Finding } from './finding.ts';
import { sampleAlone, sampleSupervised } from './program.ts';
import { median } from './statistics.ts';

const TURNS = 5;
const BATCHES = 60;
/** Of bench/programs/calls.c. */
const CALLS_PER_BATCH = 10_000;
const LIMIT_NS = 50;

export async function measureCalls(): Promise<Finding[]> {
  const alone: number[] = [];
  const supervised: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    alone.push(...(await sampleAlone('calls', BATCHES)));
    supervised.push(...(await sampleSupervised('calls', BATCHES)));
  }
  const before = median(alone) / CALLS_PER_BATCH;
  const after = median(supervised) / CALLS_PER_BATCH;
  return [
    { what: 'getppid()', value: before, unit: 'ns', why: 'the cheapest system call, alone' },
    { what: 'getppid() under belay', value: after, unit: 'ns', why: 'no point is made' },
    {
      what: 'belay’s part in it',
      value: after - before,
      unit: 'ns',
      limit: LIMIT_NS,
      why: 'the kernel looks up one bit of the seccomp filter’s allow list',
    },
  ];
}
