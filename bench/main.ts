/**
 * `npm run bench [-- NAME...]`: measures what belay promises, beside what it promises. Asserts
 * nothing: figures depend on the machine, and the ratios to the floor are what travels.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measureCalls } from './calls.ts';
import { formatFindings, type Finding } from './finding.ts';
import { Floor } from './floor.ts';
import { measureMemory } from './memory.ts';
import { measurePeers } from './peers.ts';
import {
  measureChannels,
  measureCrowd,
  measureDescriptors,
  measureLarge,
  measureSmall,
} from './points.ts';
import { measureRedis } from './redis.ts';
import { measureStart } from './start.ts';

type Part = (floor: Floor) => Promise<Finding[]>;

const PARTS: Readonly<Record<string, Part>> = {
  points: measureSmall,
  large: measureLarge,
  threads: measureCrowd,
  channels: measureChannels,
  descriptors: measureDescriptors,
  peers: measurePeers,
  calls: measureCalls,
  redis: measureRedis,
  start: measureStart,
  memory: measureMemory,
};

/** What could not be measured, for the lines below the table. */
const failures: string[] = [];

async function runPart(name: string, floor: Floor): Promise<Finding[]> {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`there is no part '${name}'`);
  process.stderr.write(`bench: ${name}\n`);
  try {
    return await part(floor);
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function describeMachine(): string {
  const processors = os.cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const load = os.loadavg().map((average) => average.toFixed(1));
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GB, load ${load.join(' ')}`;
  return `Linux ${os.release()}, ${processors.length} × ${model}, ${memory}`;
}

async function runParts(names: readonly string[]): Promise<void> {
  const floor = new Floor();
  const findings: Finding[] = [];
  process.stdout.write(`${describeMachine()}, Node ${process.version}\n\n`);
  await floor.measure();
  for (const name of names) findings.push(...(await runPart(name, floor)));
  process.stdout.write(formatFindings([...floor.findings, ...findings], floor.ns));
  for (const failure of failures) process.stdout.write(`not measured: ${failure}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no part '${unknown.join("', '")}'\n`);
  process.stderr.write(`hint: the parts are ${Object.keys(PARTS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'belay-bench-'));
  process.env.BELAY_DIR = directory;
  try {
    await runParts(wanted.length > 0 ? wanted : Object.keys(PARTS));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
