/**
 * `npm run bench [-- NAME...]`: measures what belay promises, beside what it promises. Asserts
 * nothing: figures depend on the machine, and the ratios to what is measured beside them travel.
 * What was found goes into bench/results.json, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measureCalls } from './calls.ts';
import { measureChannels, measureCrowd, measureDescriptors, measureMappings } from './crowds.ts';
import { formatFindings, type Finding } from './finding.ts';
import { measureFirst } from './first.ts';
import { Floor } from './floor.ts';
import { measureForking } from './forking.ts';
import { measureGrowth } from './growth.ts';
import { measureJvm } from './jvm.ts';
import { measureHuge, measureLarge } from './large.ts';
import { measureMemory } from './memory.ts';
import { measurePeers } from './peers.ts';
import { measureSmall } from './points.ts';
import { Unmeasurable } from './program.ts';
import { measureRedis } from './redis.ts';
import { measureResets } from './resets.ts';
import {
  describeMachine,
  formatMachine,
  mergeResults,
  readResults,
  writeResults,
  type PartResult,
} from './results.ts';
import { measureStart } from './start.ts';

type Part = (floor: Floor) => Promise<Finding[]>;

const PARTS: Readonly<Record<string, Part>> = {
  points: measureSmall,
  large: measureLarge,
  first: measureFirst,
  huge: measureHuge,
  threads: measureCrowd,
  mappings: measureMappings,
  descriptors: measureDescriptors,
  channels: measureChannels,
  peers: measurePeers,
  calls: measureCalls,
  resets: measureResets,
  forking: measureForking,
  redis: measureRedis,
  start: measureStart,
  memory: measureMemory,
  jvm: measureJvm,
  growth: measureGrowth,
};

/** What a part found, or why it found nothing. */
type Outcome = Pick<PartResult, 'findings' | 'notMeasured'>;

/** Whether something went wrong, rather than being more than this machine has. */
let hasFailed = false;

async function runPart(name: string, floor: Floor): Promise<Outcome> {
  const part = PARTS[name];
  if (part === undefined) throw new Error(`there is no part '${name}'`);
  process.stderr.write(`bench: ${name}\n`);
  try {
    const findings = await part(floor);
    const lost = findings.filter(({ value }) => !Number.isFinite(value)).map(({ what }) => what);
    const measured = findings.filter(({ what }) => !lost.includes(what));
    return { findings: measured, ...(lost.length > 0 ? { notMeasured: lost.join(', ') } : {}) };
  } catch (error) {
    hasFailed ||= !(error instanceof Unmeasurable);
    return { findings: [], notMeasured: error instanceof Error ? error.message : String(error) };
  }
}

async function runParts(names: readonly string[]): Promise<void> {
  const floor = new Floor();
  const run = { date: new Date().toISOString(), machine: describeMachine() };
  process.stdout.write(`${formatMachine(run.machine)}\n\n`);
  await floor.measure();
  const outcomes: Record<string, Outcome> = {};
  for (const name of names) {
    const outcome = await runPart(name, floor);
    outcomes[name] = outcome;
    await keep(name, { ...run, floorNs: floor.ns, ...outcome });
  }
  await keep('floor', { ...run, floorNs: floor.ns, findings: floor.findings });
  const rows = [...floor.findings, ...Object.values(outcomes).flatMap(({ findings }) => findings)];
  process.stdout.write(formatFindings(rows, floor.ns));
  for (const [name, { notMeasured }] of Object.entries(outcomes)) {
    if (notMeasured !== undefined) process.stdout.write(`not measured: ${name}: ${notMeasured}\n`);
  }
  process.exitCode = hasFailed ? 1 : 0;
}

/** At once, so that a run that is broken off has not been for nothing. */
async function keep(name: string, part: PartResult): Promise<void> {
  await writeResults(mergeResults(readResults(), { [name]: part }));
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
