/** Records of the log as people read them: a line each, and for a fall what there is to know. */
import type { LogEntry } from '../client/log-tail.ts';
import { formatCause } from '../protocol/fall-line.ts';
import type { FallRecord, GiveupRecord, LostRecord, StartRecord } from '../protocol/records.ts';
import type { UnknownRecord } from '../protocol/unknown-record.ts';
import { formatCommand, formatMicroseconds, formatTime } from './format.ts';

/**
 * For example:
 *
 *     2026-03-01 12:34:56.789  4711 fell: thread 4711 (worker)
 *         SIGSEGV (SEGV_MAPERR) at 0x8 in handle+0x1c (server.c:12)
 *         mapping: 7f1c…-7f1d… r--p 00000000 08:01 123 /lib/libc.so.6
 *         back to point 3 (rollback 2): 12 pages written back, 1 page dropped, in 84 µs
 */
export function formatLogRecord(record: LogEntry): string[] {
  const [first = '', ...details] = linesOf(record);
  const { time, pid } = record;
  const moment = time === undefined ? UNKNOWN_TIME : formatTime(time);
  const head = `${moment}  ${pid ?? '?'} ${first}`;
  return [head, ...details.map((detail) => `    ${detail}`)];
}

const UNKNOWN_TIME = '????-??-?? ??:??:??.???';
/** Chosen: what another release has to tell, and not a screen of it. */
const UNKNOWN_MAX_CHARS = 1000;

function linesOf(record: LogEntry): string[] {
  switch (record.type) {
    case 'fall':
      return [`${whatOf(record)}: ${threadOf(record)}`, ...causeOf(record), ...outcomeOf(record)];
    case 'giveup':
      return [
        `fell and was not caught: ${threadOf(record)}`,
        ...causeOf(record),
        `the signal was delivered after ${plural(record.falls, 'fall')}: ${record.reason}`,
      ];
    case 'start':
      return [`is supervised by ${bySupervisor(record)}: ${formatCommand(record.command)}`];
    case 'exit':
      return [
        record.signal === null ? `ended with ${record.code ?? 0}` : `died of ${record.signal}`,
      ];
    case 'exec':
      return [`became ${formatCommand(record.command)}`];
    case 'fork':
      return [`made the process ${record.child}`];
    case 'warning':
      return [`warning: ${record.message}`];
    case 'detach':
      return [`is supervised no more: ${record.reason}`];
    case 'killed':
      return [`on its way to point ${record.cd}: ${record.message}`];
    case 'lost':
      return [lostOf(record)];
    case 'unknown':
      return unknownOf(record);
  }
}

function lostOf({ count, since, reason }: LostRecord): string {
  return `lost ${plural(count, 'record')} since ${formatTime(since)}: ${reason}`;
}

/** A way back that the program or somebody else asked for is no fall. */
function whatOf(fall: FallRecord): string {
  const whats = {
    signal: 'fell',
    longjmp: 'jumped back',
    operator: 'was rewound from outside',
  } as const;
  return whats[fall.cause];
}

function unknownOf({ value, text }: UnknownRecord): string[] {
  const type = typeof value.type === 'string' ? value.type : 'a record without a type';
  const cut = text.length <= UNKNOWN_MAX_CHARS ? text : `${text.slice(0, UNKNOWN_MAX_CHARS)}…`;
  return [`${type}, which this release of belay does not know in full`, cut];
}

function bySupervisor({ supervisorPid, children = 0 }: StartRecord): string {
  if (children === 0) return String(supervisorPid);
  return `${supervisorPid}, with ${children} ${children === 1 ? 'child' : 'children'}`;
}

function threadOf(fallen: FallRecord | GiveupRecord): string {
  return `thread ${fallen.tid} (${fallen.thread})`;
}

function causeOf(fallen: FallRecord | GiveupRecord): string[] {
  const { ip, where, mapping, unnamed } = fallen;
  const instruction =
    ip !== undefined && where !== undefined ? [`instruction: ${ip}, ${where.path}`] : [];
  const isRewind = fallen.type === 'fall' && fallen.cause === 'operator';
  return [
    ...(isRewind ? [] : [formatCause(fallen)]),
    ...instruction,
    ...(unnamed === undefined ? [] : [`no names: ${unnamed}`]),
    ...(mapping === undefined ? [] : [`mapping: ${mapping.replace(/ {2,}/g, ' ')}`]),
  ];
}

function outcomeOf(fall: FallRecord): string[] {
  const changes = [
    `${plural(fall.pagesRestored, 'page')} written back`,
    ...some(fall.pagesDropped, 'page', 'dropped'),
    ...some(fall.mappingsRestored, 'mapping', 'put back'),
    ...some(fall.threadsEnded, 'thread', 'ended'),
    ...some(fall.threadsRecreated, 'thread', 'made anew'),
    ...some(fall.descriptorsClosed, 'descriptor', 'closed'),
  ];
  const point = `back to point ${fall.cd} (rollback ${fall.rollbacks})`;
  const outcome = `${point}: ${changes.join(', ')}, in ${formatMicroseconds(fall.us)}`;
  return [outcome, ...fall.warnings.map((warning) => `! ${warning}`)];
}

function some(number: number, noun: string, what: string): string[] {
  return number === 0 ? [] : [`${plural(number, noun)} ${what}`];
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
