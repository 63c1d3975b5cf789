/** One row of the bench: what was measured beside what is expected, and the table of all rows. */
import { formatBytes, formatTable } from '../src/cli/format.ts';

/** Of `value`, `p99` and `limit`. */
export type Unit = 'ns' | 'percent' | 'bytes' | 'ratio';

export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  readonly p99?: number;
  /** The largest value that keeps the promise; none: the row is there to compare with. */
  readonly limit?: number;
  /** How the promise says it, where it is not a plain figure. */
  readonly expected?: string;
  /** Why this is expected, or what the row is for. */
  readonly why: string;
}

const RATIO_MAX = 10_000;

const COLUMNS = [
  { title: 'WHAT' },
  { title: 'EXPECTED' },
  { title: 'MEASURED', align: 'right' },
  { title: 'P99', align: 'right' },
  { title: '× FLOOR', align: 'right' },
  { title: 'VERDICT' },
  { title: 'WHY' },
] as const;

/** The table. `floorNs` is the floor's median in this run; undefined: it was not measured. */
export function formatFindings(findings: readonly Finding[], floorNs?: number): string {
  const lines = formatTable(
    COLUMNS,
    findings.map((finding) => toRow(finding, floorNs)),
  );
  return `${lines.join('\n')}\n`;
}

function toRow(finding: Finding, floorNs: number | undefined): string[] {
  const { what, value, unit, p99, why } = finding;
  return [
    what,
    expectationOf(finding),
    formatValue(value, unit),
    p99 === undefined ? '' : formatValue(p99, unit),
    unit === 'ns' && floorNs !== undefined ? formatRatio(value / floorNs) : '',
    verdictOf(finding),
    why,
  ];
}

/** Empty where it would say nothing: for single system calls, and for starting programs. */
function formatRatio(ratio: number): string {
  if (ratio < 0.1 || ratio >= RATIO_MAX) return '';
  return ratio.toFixed(ratio < 100 ? 1 : 0);
}

function expectationOf({ limit, unit, expected }: Finding): string {
  if (expected !== undefined) return expected;
  return limit === undefined ? '' : `≤ ${formatValue(limit, unit)}`;
}

/** Empty for rows that promise nothing. */
export function verdictOf({ value, limit }: Finding): 'within' | 'over' | '' {
  if (limit === undefined) return '';
  return value <= limit ? 'within' : 'over';
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
  }
}

function formatNanoseconds(ns: number): string {
  if (Math.abs(ns) < 1000) return `${Math.round(ns)} ns`;
  if (ns < 1_000_000) return `${(ns / 1000).toFixed(1)} µs`;
  return `${(ns / 1_000_000).toFixed(ns < 10_000_000 ? 2 : 1)} ms`;
}
