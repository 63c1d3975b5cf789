/** `belay ps`: what is supervised. */
import { readPrograms } from '../client/find-targets.ts';
import { escapeControls, formatJson } from '../plain-text.ts';
import type { ProgramStatus } from '../protocol/records.ts';
import { formatBytes, formatCommand, formatDuration, formatTable } from './format.ts';
import { tellIgnored } from './failure.ts';

const COLUMNS = [
  { title: 'PID', align: 'right' },
  { title: 'THREADS', align: 'right' },
  { title: 'POINTS', align: 'right' },
  { title: 'FALLS', align: 'right' },
  { title: 'SAVED', align: 'right' },
  { title: 'UP', align: 'right' },
  { title: 'COMMAND' },
] as const;

export async function printPrograms(isJson: boolean): Promise<void> {
  const statuses = (await readPrograms(tellIgnored)).map(({ status }) => status);
  if (isJson) {
    process.stdout.write(`${formatJson(statuses, 2)}\n`);
    return;
  }
  process.stdout.write(formatTable(COLUMNS, statuses.map(toRow)));
  for (const { pid, warnings } of statuses) {
    for (const warning of warnings) process.stdout.write(`! ${pid}: ${escapeControls(warning)}\n`);
  }
}

function toRow(status: ProgramStatus): string[] {
  return [
    String(status.pid),
    String(status.threads),
    String(status.points),
    String(status.falls),
    formatBytes(status.savedBytes),
    formatDuration(status.uptimeMs),
    formatCommand(status.command),
  ];
}
