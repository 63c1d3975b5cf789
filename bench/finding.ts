/** One row of the bench: what was measured beside what is expected, and the table of all rows. */
import { formatBytes, formatTable } from '../src/cli/format.ts';
import { median, percentile } from './statistics.ts';

/** Of `value`, `p99`, `limit`, `least` and the neighbour. A rate is so many a second. */
export type Unit = 'ns' | 'percent' | 'bytes' | 'ratio' | 'rate';

/** What was measured in the same run to compare a row with, in the row's own unit. */
export interface Neighbour {
  readonly what: string;
  readonly value: number;
}

/** Where a row lies in a chart. */
export interface Place {
  readonly chart: 'pages' | 'size';
  readonly line: string;
  /** How many pages were written, or the size in MB. */
  readonly x: number;
}

export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  readonly p99?: number;
  /** The largest value that keeps the promise; neither it, `least` nor `goal`: to compare with. */
  readonly limit?: number;
  /** The smallest value that does. */
  readonly least?: number;
  readonly beside?: Neighbour;
  /** The largest ratio to the neighbour that does. */
  readonly goal?: number;
  /** How the promise says it, where it is not a plain figure. */
  readonly expected?: string;
  /** Why this is expected, or what the row is for. */
  readonly why: string;
  readonly place?: Place;
}

const RATIO_MAX = 10_000;

const COLUMNS = [
  { title: 'WHAT' },
  { title: 'EXPECTED' },
  { title: 'MEASURED', align: 'right' },
  { title: 'P99', align: 'right' },
  { title: '× FLOOR', align: 'right' },
  { title: '× BESIDE', align: 'right' },
  { title: 'VERDICT' },
  { title: 'WHY' },
] as const;

/** The row of a program's samples, in nanoseconds. */
export function rowOf(what: string, samples: readonly number[]) {
  return { what, value: median(samples), p99: percentile(samples, 0.99), unit: 'ns' as const };
}

/** The fields that compare a row with another: `name` is how the expectation calls that one. */
export function besideOf(name: string, { value }: Pick<Finding, 'value'>, goal?: number) {
  return { beside: { what: name, value }, ...(goal === undefined ? {} : { goal }) };
}

/** The table. `floorNs` is the floor's median in this run; undefined: it was not measured. */
export function formatFindings(findings: readonly Finding[], floorNs?: number): string {
  const lines = formatTable(
    COLUMNS,
    findings.map((finding) => [...cellsOf(finding, floorNs), finding.why]),
  );
  return `${lines.join('\n')}\n`;
}

/** The row's cells in the order of the columns, without the last. */
export function cellsOf(finding: Finding, floorNs: number | undefined): string[] {
  const { what, value, unit, p99, beside } = finding;
  return [
    what,
    expectationOf(finding),
    formatValue(value, unit),
    p99 === undefined ? '' : formatValue(p99, unit),
    unit === 'ns' && floorNs !== undefined ? formatRatio(value / floorNs) : '',
    beside === undefined ? '' : formatRatio(value / beside.value, 2),
    verdictOf(finding),
  ];
}

/** Empty where it would say nothing: for single system calls, and for starting programs. */
function formatRatio(ratio: number, digits = 1): string {
  if (ratio < 0.1 || ratio >= RATIO_MAX) return '';
  return ratio.toFixed(ratio < 100 ? digits : 0);
}

function expectationOf({ limit, least, beside, goal, unit, expected }: Finding): string {
  if (expected !== undefined) return expected;
  const all = [
    limit === undefined ? [] : [`≤ ${formatValue(limit, unit)}`],
    least === undefined ? [] : [`≥ ${formatValue(least, unit)}`],
    goal === undefined || beside === undefined ? [] : [`≤ ${goal} × ${beside.what}`],
  ];
  return all.flat().join(', ');
}

/** Empty for rows that promise nothing. */
export function verdictOf(
  finding: Omit<Finding, 'what' | 'why'>,
): 'within' | 'over' | 'under' | '' {
  const { value, limit, least, beside, goal } = finding;
  const most = goal === undefined || beside === undefined ? undefined : goal * beside.value;
  if (limit === undefined && least === undefined && most === undefined) return '';
  if (least !== undefined && !(value >= least)) return 'under';
  const isWithin = [limit, most].every((bound) => bound === undefined || value <= bound);
  return isWithin ? 'within' : 'over';
}

export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'ns':
      return formatNanoseconds(value);
    case 'percent':
      return `${value.toFixed(1)} %`;
    case 'ratio':
      return value.toFixed(1);
    case 'bytes':
      return formatBytes(value);
    case 'rate':
      return `${Math.round(value).toLocaleString('en-US')} /s`;
  }
}

function formatNanoseconds(ns: number): string {
  if (Math.abs(ns) < 1000) return `${Math.round(ns)} ns`;
  if (ns < 1_000_000) return `${(ns / 1000).toFixed(1)} µs`;
  return `${(ns / 1_000_000).toFixed(ns < 10_000_000 ? 2 : 1)} ms`;
}
