/**
 * bench/results.json: what the last runs found, part by part. A run replaces the parts that it
 * measured and leaves the others as they are, each with the date and the machine of its own run.
 * docs/performance.md is made from it (`npm run performance`).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../test/support/paths.ts';
import type { Finding } from './finding.ts';

const VERSION = 1;
const FILE = path.join(ROOT, 'bench/results.json');

/** What the figures of a part depend on. */
export interface Machine {
  readonly kernel: string;
  readonly processors: string;
  readonly memoryGb: number;
  /** The averages of the last 1, 5 and 15 minutes when the run began. */
  readonly load: string;
  readonly node: string;
  /** The checkout's last commit; empty without git. */
  readonly commit: string;
}

export interface PartResult {
  /** When the run began: ISO 8601, UTC. */
  readonly date: string;
  readonly machine: Machine;
  /** The median of the floor in that run. */
  readonly floorNs: number;
  readonly findings: readonly Finding[];
  /** Why there is nothing, or not all. */
  readonly notMeasured?: string;
}

export interface Results {
  readonly version: typeof VERSION;
  readonly parts: Readonly<Record<string, PartResult>>;
}

export function describeMachine(): Machine {
  const processors = os.cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const load = os.loadavg().map((average) => average.toFixed(1));
  return {
    kernel: `Linux ${os.release()}`,
    processors: `${processors.length} × ${model}`,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    load: load.join(' '),
    node: process.version,
    commit: readCommit(),
  };
}

/** In one line. */
export function formatMachine({ kernel, processors, memoryGb, load, node, commit }: Machine) {
  const belay = commit === '' ? 'belay' : `belay ${commit}`;
  return `${kernel}, ${processors}, ${memoryGb} GB, load ${load}, Node ${node}, ${belay}`;
}

function readCommit(): string {
  const words = ['rev-parse', '--short=10', 'HEAD'];
  const { status, stdout } = spawnSync('git', words, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

export function readResults(file = FILE): Results {
  if (!existsSync(file)) return { version: VERSION, parts: {} };
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  if ((results.version as number) === VERSION) return results;
  throw new Error(`cannot read ${file}: its version is not ${VERSION}`);
}

/**
 * `before` with the parts of a new run in their places. A part that found nothing this time does
 * not take the place of one that did.
 */
export function mergeResults(before: Results, parts: Results['parts']): Results {
  const merged = { ...before.parts };
  for (const [name, part] of Object.entries(parts)) {
    const hadSome = (merged[name]?.findings.length ?? 0) > 0;
    if (part.findings.length > 0 || !hadSome) merged[name] = part;
  }
  return { version: VERSION, parts: merged };
}

export async function writeResults(results: Results, file = FILE): Promise<void> {
  const options = { ...(await resolveConfig(FILE)), parser: 'json' };
  const text = await format(JSON.stringify(results, null, 2), options);
  writeFileSync(file, text);
}
