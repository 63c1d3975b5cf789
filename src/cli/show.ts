/** `belay show TARGET`: one program and its fallback points. */
import * as z from 'zod/mini';
import type { Connection } from '../client/connection.ts';
import { inWordsOf } from '../client/words.ts';
import type { FoundProgram } from '../client/find-targets.ts';
import { withProgram } from '../client/with-program.ts';
import { pointRecordSchema } from '../protocol/records.ts';
import type { PointRecord, ProgramStatus } from '../protocol/records.ts';
import {
  formatBytes,
  formatCommand,
  formatDuration,
  formatMicroseconds,
  formatTable,
  formatTime,
} from './format.ts';
import { tellIgnored } from './failure.ts';
import { printJson, printLines } from './print.ts';

const COLUMNS = [
  { title: 'CD', align: 'right' },
  { title: 'MADE BY' },
  { title: 'TIME' },
  { title: 'THREAD', align: 'right' },
  { title: 'THREADS', align: 'right' },
  { title: 'PAGES', align: 'right' },
  { title: 'SAVED', align: 'right' },
  { title: 'PAUSE', align: 'right' },
  { title: 'FALLS', align: 'right' },
  { title: 'ROLLBACKS', align: 'right' },
] as const;

export async function printPoints(target: string, isJson: boolean): Promise<void> {
  const { status, points } = await withProgram(target, tellIgnored, readPoints);
  if (isJson) {
    printJson({ ...status, points }, 2);
    return;
  }
  const table = points.length === 0 ? ['no points'] : formatTable(COLUMNS, toRows(points));
  printLines([...formatHeader(status), '', ...table, ...formatLosses(points)]);
}

async function readPoints(connection: Connection, { status, owner }: FoundProgram) {
  const schema = z.array(pointRecordSchema);
  const points = await connection.request('points', { pid: status.pid }, schema);
  const named = points.map(({ losses, ...point }) => ({
    ...point,
    ...(losses && { losses: losses.map((text) => inWordsOf(owner, text)) }),
  }));
  return { status, points: named };
}

function formatHeader(status: ProgramStatus): string[] {
  const { pid, options } = status;
  const every = options.every === undefined ? '' : `, every ${options.every} ms`;
  const { memory } = options;
  const limit = memory === undefined ? '' : `, of ${formatBytes(memory)} for all processes`;
  const onSignals = options.on.join(' ') || 'no signal';
  const threads = count(status.threads, 'thread');
  return [
    formatCommand(status.command),
    `pid ${pid}, ${threads}, under belay for ${formatDuration(status.uptimeMs)}`,
    `${count(status.falls, 'fall')}, ${formatBytes(status.savedBytes)} saved${limit}`,
    `on ${onSignals}; ${count(options.retries, 'retry', 'retries')}${every}`,
    ...status.warnings.map((warning) => `! ${warning}`),
  ];
}

/** What will not come back, once for all points that it is said of. */
function formatLosses(points: readonly PointRecord[]): string[] {
  const said = new Map<string, number[]>();
  for (const { cd, losses = [] } of points) {
    for (const text of losses) {
      const cds = said.get(text);
      if (cds === undefined) said.set(text, [cd]);
      else cds.push(cd);
    }
  }
  return [...said].map(([text, cds]) => {
    const which = `${cds.length === 1 ? 'point' : 'points'} ${cds.slice(0, 8).join(', ')}`;
    return `! ${which}${cds.length > 8 ? ', ...' : ''}: ${text}`;
  });
}

function toRows(points: readonly PointRecord[]): string[][] {
  return points.map((point) => [
    String(point.cd),
    point.origin,
    formatTime(point.time),
    String(point.tid),
    String(point.threads),
    String(point.pages),
    formatBytes(point.bytes),
    formatMicroseconds(point.pauseUs),
    String(point.falls),
    String(point.rollbacks),
  ]);
}

function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
