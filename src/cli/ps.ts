/** `belay ps`: what is supervised. */
import { readPrograms } from '../client/find-targets.ts';
import type { ProgramStatus } from '../protocol/records.ts';
import { formatBytes, formatCommand, formatDuration, formatTable } from './format.ts';
import { tellIgnored } from './failure.ts';
import { printJson, printLines } from './print.ts';

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
    printJson(statuses, 2);
    return;
  }
  printLines(formatTable(COLUMNS, statuses.map(toRow)));
  for (const { pid, warnings } of statuses) {
    printLines(warnings.map((warning) => `! ${pid}: ${warning}`));
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
