/** `belay log TARGET`: what happened to a program, oldest first. */
import { findLogged } from '../client/find-targets.ts';
import { followLog, readSettledLog } from '../client/log-reader.ts';
import type { BadLines, LogEntry } from '../client/log-tail.ts';
import { formatLogRecord } from './format-log.ts';
import { tellIgnored } from './failure.ts';
import { printJson, printJsonText, printLines, tellLines } from './print.ts';

export interface LogOptions {
  readonly isFollowing: boolean;
  readonly isJson: boolean;
}

export async function printLog(target: string, options: LogOptions): Promise<void> {
  const { supervision, pid } = await findLogged(target, tellIgnored);
  const isOneChild = pid !== supervision.file.pid;
  const { directory } = supervision;
  const bad: BadLines = { count: 0 };
  const records = options.isFollowing ? followLog(directory, bad) : readSettledLog(directory, bad);
  for await (const record of records) {
    // What does not say whom it is about may be about anybody.
    if (isOneChild && (record.pid ?? pid) !== pid) continue;
    if (options.isJson) printRecord(record);
    else printLines(formatLogRecord(record));
    if (options.isFollowing) tellBadLines(bad);
  }
  tellBadLines(bad);
}

function printRecord(record: LogEntry): void {
  if (record.type === 'unknown') printJsonText(record.text);
  else printJson(record);
}

/** Once for those that were found so far. */
function tellBadLines(bad: BadLines): void {
  if (bad.count === 0) return;
  const what =
    bad.count === 1
      ? '1 line of the log is no record'
      : `${bad.count} lines of the log are not records`;
  tellLines([`belay: ${what}`]);
  bad.count = 0;
}
