/** How long `belay run` makes its user wait. */
import { runUnderBelay } from '../test/support/belay.ts';
import { runProcess } from '../test/support/run-process.ts';
import type { Finding } from './finding.ts';
import { median } from './statistics.ts';

const RUNS = 10;
const LIMIT_NS = 60_000_000;

async function timeNs(action: () => Promise<{ readonly code: number | null }>): Promise<number> {
  const began = process.hrtime.bigint();
  const { code } = await action();
  if (code !== 0) throw new Error(`cannot time a start: it ended with ${String(code)}`);
  return Number(process.hrtime.bigint() - began);
}

export async function measureStart(): Promise<Finding[]> {
  const alone: number[] = [];
  const supervised: number[] = [];
  for (let turn = 0; turn < RUNS; turn += 1) {
    alone.push(await timeNs(() => runProcess(['true'])));
    supervised.push(await timeNs(() => runUnderBelay(['true'])));
  }
  return [
    { what: 'true', value: median(alone), unit: 'ns', why: 'spawn, exec and exit, alone' },
    {
      what: 'belay run -- true',
      value: median(supervised),
      unit: 'ns',
      limit: LIMIT_NS,
      why: 'Node starts and loads the supervisor: not to be noticed at a prompt',
    },
  ];
}
