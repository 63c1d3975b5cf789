/** `belay log TARGET`: what happened to a program, oldest first. */
import { findLogged } from '../client/find-targets.ts';
import { followLog, readSettledLog } from '../client/log-reader.ts';
import { formatJson } from '../plain-text.ts';
import { formatLogRecord } from './format-log.ts';
import { tellIgnored } from './failure.ts';

export interface LogOptions {
  readonly isFollowing: boolean;
  readonly isJson: boolean;
}

export async function printLog(target: string, options: LogOptions): Promise<void> {
  const { supervision, pid } = await findLogged(target, tellIgnored);
  const isOneChild = pid !== supervision.file.pid;
  const { directory } = supervision;
  const records = options.isFollowing ? followLog(directory) : readSettledLog(directory);
  for await (const record of records) {
    if (isOneChild && record.pid !== pid) continue;
    const text = options.isJson ? `${formatJson(record)}\n` : formatLogRecord(record);
    process.stdout.write(text);
  }
}
