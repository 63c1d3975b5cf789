/** Numbers, times and tables as people read them. */
import { escapeControls } from '../plain-text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * An aligned table with a heading; the last column is not padded.
 *
 * @example
 * formatTable([{ title: 'PID', align: 'right' }, { title: 'COMMAND' }], [['12', 'true']]);
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(escapeControls))];
  const widths = columns.map((_, index) =>
    cells.reduce((width, row) => Math.max(width, (row[index] ?? '').length), 0),
  );
  return cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const cell = row[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `512 B`, `3.1 KB`, `14 MB`: powers of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const digits = index > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[index] ?? 'B'}`;
}

/** `850 ms`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatDuration(milliseconds: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ];
  const step = steps.find(([size]) => milliseconds >= size);
  if (step === undefined) return `${Math.round(milliseconds)} ms`;
  return `${Math.floor(milliseconds / step[0])} ${step[1]}`;
}

/** `84 µs`, `1.2 ms`, `3.4 s`. */
export function formatMicroseconds(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`;
  if (microseconds < 1_000_000) return `${(microseconds / 1000).toFixed(1)} ms`;
  return `${(microseconds / 1_000_000).toFixed(1)} s`;
}

/** Milliseconds since 1970 that are a date, less a day for the time zone: ECMA-262. */
const DATE_MAX_MS = 8.64e15 - 86_400_000;

/** `2026-03-01 12:34:56.789`, in local time; a number that is no time as it is. */
export function formatTime(epochMs: number): string {
  if (Math.abs(epochMs) > DATE_MAX_MS) return String(epochMs);
  const date = new Date(epochMs - new Date(epochMs).getTimezoneOffset() * 60_000);
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

/** A command line for people: words with blanks or odd characters are quoted. */
export function formatCommand(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word))).join(' ');
}

function quote(word: string): string {
  return `'${escapeControls(word).replaceAll("'", `'\\''`)}'`;
}
