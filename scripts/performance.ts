/**
 * Writes docs/performance.md and its charts from bench/results.json, which `npm run bench` writes.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { cellsOf, type Finding, type Place } from '../bench/finding.ts';
import { formatMachine, readResults, type PartResult, type Results } from '../bench/results.ts';
import { drawChart } from './charts.ts';

const ROOT = join(import.meta.dirname, '..');

const HEAD = `# Performance

What \`npm run bench\` found when it was last run for this page: each row beside what is promised
of it and, where there is one, beside what was measured next to it in the same run, such as a tracer
in C that does the kernel's part alone. [The bench](bench.md) says what each row is and why that
much is expected. **Ratios travel from one machine to another, times do not.** A part of the bench
that was run by itself has a date and a load of its own. This page and its charts are made from
\`bench/results.json\` by \`npm run performance\`.`;

/** Of the parts in the order of the page; what is not named comes behind, under its own name. */
const TITLES: Readonly<Record<string, string>> = {
  floor: 'The floor',
  points: 'Points and rollbacks, 8 MB',
  growth: 'Growth',
  large: 'Large programs',
  huge: '8 GB',
  threads: 'Threads',
  mappings: 'Mappings',
  descriptors: 'Descriptors',
  channels: 'Pipes',
  resets: 'A fuzzing loop',
  forking: 'A server that forks for each request',
  redis: 'redis',
  calls: 'System calls',
  start: 'Start',
  memory: 'Memory',
  jvm: 'A JVM',
  peers: 'What programs do without belay',
};

/** Never in one table with what was measured here: other programs, machines, meanings of time. */
const ELSEWHERE = `## Elsewhere

Checkpointers that freeze to files and restore from them answer another question: the state survives
the process, and the machine. For the order of magnitude only, **none of it by this bench**:

- DMTCP's authors give 2 seconds as typical for a checkpoint or a restart on 128 cores of 32 nodes,
  and 0.2 seconds for a checkpoint by a forked child
  ([Ansel, Arya and Cooperman, IPDPS 2009](https://arxiv.org/abs/cs/0701037)).
- CRIU tells the time for which it has frozen a program with each dump
  ([its statistics](https://criu.org/Statistics)). On another machine with two processors, and Linux
  6.18, CRIU 4.2 froze a program of 1 / 64 / 256 / 1,024 MB for 5.7 / 46 / 137 / 545 ms to dump it
  to tmpfs, and took 8.4 / 70 / 185 / 733 ms to end and restore it.
- There, DMTCP 5.0 took 48 / 72 / 146 / 465 ms for a checkpoint of the same, and
  36 / 65 / 166 / 644 ms for a restart.`;

const COLUMNS = ['', 'expected', 'measured', 'p99', '× floor', '× beside', ''];
const ALIGNMENT = '| --- | --- | --: | --: | --: | --: | --- |';

const CHARTS: readonly Place['chart'][] = ['pages', 'size'];
const CHART_TEXTS: Readonly<Record<Place['chart'], string>> = {
  pages: 'Pause against the pages written since the point',
  size: 'Pause against the size of the program',
};

function fileOf(chart: Place['chart']): string {
  return `pause-by-${chart}.svg`;
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function tableOf(findings: readonly Finding[], floorNs: number): string {
  const rows = findings.map((finding) => lineOf(cellsOf(finding, floorNs)));
  return [lineOf(COLUMNS), ALIGNMENT, ...rows].join('\n');
}

function sectionOf(name: string, part: PartResult): string {
  const { findings, floorNs, notMeasured, date, machine } = part;
  const charts = CHARTS.filter((chart) => findings.some(({ place }) => place?.chart === chart));
  return [
    `## ${TITLES[name] ?? name}`,
    ...charts.map((chart) => `![${CHART_TEXTS[chart]}](${fileOf(chart)})`),
    ...(findings.length === 0 ? [] : [tableOf(findings, floorNs)]),
    ...(notMeasured === undefined ? [] : [`Not measured: ${notMeasured}.`]),
    `_${date.slice(0, 10)}: ${formatMachine(machine)}_`,
  ].join('\n\n');
}

function pageOf({ parts }: Results): string {
  const named = Object.keys(TITLES).filter((name) => Object.hasOwn(parts, name));
  const rest = Object.keys(parts).filter((name) => !named.includes(name));
  const sections = [...named, ...rest.sort()].flatMap((name) => {
    const part = parts[name];
    return part === undefined ? [] : [sectionOf(name, part)];
  });
  return `${[HEAD, ...sections, ELSEWHERE].join('\n\n')}\n`;
}

/** The page and the charts as they should be, by their paths; undefined: there should be none. */
export async function writePerformance(results = readResults()) {
  const options = { ...(await resolveConfig(join(ROOT, 'README.md'))), parser: 'markdown' };
  const findings = Object.values(results.parts).flatMap((part) => part.findings);
  return new Map<string, string | undefined>([
    [
      'docs/performance.md',
      await format(pageOf(results), { ...options, proseWrap: 'always' as const }),
    ],
    ...CHARTS.map((chart) => [`docs/${fileOf(chart)}`, drawChart(chart, findings)] as const),
  ]);
}

/** Those that say something else at present. */
export async function findUntrue(): Promise<string[]> {
  const documents = await writePerformance();
  return [...documents.keys()].filter((name) => {
    const path = join(ROOT, name);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    return text !== documents.get(name);
  });
}

if (import.meta.main) {
  for (const [name, text] of await writePerformance()) {
    if (text === undefined) rmSync(join(ROOT, name), { force: true });
    else writeFileSync(join(ROOT, name), text);
  }
}
