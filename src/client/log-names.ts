/** What the processes of a program were called, as its log has it: for those that have ended. */
import { basename, join } from 'node:path';
import type { LogRecord } from '../protocol/records.ts';
import { LOG_FILE, OLD_LOG_FILE } from '../registry/state-files.ts';
import type { Allowance } from './allowance.ts';
import { LogTail, type LogEntry } from './log-tail.ts';

export interface Called {
  readonly pid: number;
  readonly names: readonly string[];
}

/** Records with names; those of falls, which are most of a log, are not even parsed. */
const WITH_NAMES = /^\{"type":"(start|exec|exit|fork)"/;

/** Every name that the log has of a process, in its order, as far as may be read. */
export function* readCalled(directory: string, allowance: Allowance): Generator<Called, void> {
  for (const name of [OLD_LOG_FILE, LOG_FILE]) {
    const tail = LogTail.open(
      join(directory, name),
      { count: 0 },
      { wanted: WITH_NAMES, allowance },
    );
    for (const entry of tail?.readWhole() ?? []) yield* calledIn(entry);
  }
}

function* calledIn(entry: LogEntry): Generator<Called, void> {
  if (entry.type === 'fork') yield { pid: entry.child, names: [] };
  if (isNamed(entry)) yield { pid: entry.pid, names: namesIn(entry) };
}

type NamedRecord = Extract<LogRecord, { type: 'start' | 'exec' | 'exit' }>;

function isNamed(entry: LogEntry): entry is NamedRecord {
  return entry.type === 'start' || entry.type === 'exec' || entry.type === 'exit';
}

/** Earlier releases wrote the command only. */
function namesIn(record: NamedRecord): string[] {
  const words = record.type === 'exit' ? [] : record.command.slice(0, 1);
  return [...words.flatMap((word) => [word, basename(word)]), ...(record.names ?? [])];
}
