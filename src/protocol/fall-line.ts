/** A fall in one line of text, for `belay log` and for --verbose. */
import { escapeControls } from '../plain-text.ts';
import type { CodeLocation, FallRecord, GiveupRecord } from './records.ts';

/**
 * For example: `thread 4711 (worker) SIGSEGV (SEGV_MAPERR) at 0x8 in main+0x1c (demo.c:12), back to
 * point 3: 12 pages, 84 µs`.
 */
export function formatFallLine(fallen: FallRecord | GiveupRecord): string {
  return escapeControls(`${formatThread(fallen)} ${formatCause(fallen)}, ${formatOutcome(fallen)}`);
}

function formatThread(fallen: FallRecord | GiveupRecord): string {
  return `thread ${fallen.tid} (${fallen.thread})`;
}

/** Why a thread fell: the signal with its fault address, or the call that asked for it. */
export function formatCause(fallen: FallRecord | GiveupRecord): string {
  const { type, signal, codeName, address, ip, where } = fallen;
  if (type === 'fall' && fallen.cause === 'operator') return 'was rewound from outside';
  const name = type === 'fall' && fallen.cause === 'longjmp' ? formatJump(fallen) : (signal ?? '?');
  const code = codeName === undefined ? '' : ` (${codeName})`;
  const at = address === undefined ? '' : ` at ${address}`;
  const place = where === undefined ? ip : formatLocation(where);
  return `${name}${code}${at}${place === undefined ? '' : ` in ${place}`}`;
}

/** `main+0x1c (demo.c:12)`, or `/usr/bin/demo+0x1139` without symbols. */
export function formatLocation(where: CodeLocation): string {
  const name =
    where.function === undefined
      ? `${where.path}+${where.moduleOffset}`
      : `${where.function}+0x${(where.offset ?? 0).toString(16)}`;
  if (where.file === undefined) return name;
  return `${name} (${where.file}${where.line === undefined ? '' : `:${where.line}`})`;
}

function formatJump(fall: FallRecord): string {
  return `tlongjmp(${fall.cd}, ${fall.value ?? 0})`;
}

function formatOutcome(fallen: FallRecord | GiveupRecord): string {
  if (fallen.type === 'giveup') return `not caught: ${fallen.reason}`;
  const { cd, pagesRestored, us } = fallen;
  const pages = pagesRestored === 1 ? '1 page' : `${pagesRestored} pages`;
  return `back to point ${cd}: ${pages}, ${Math.round(us)} µs`;
}
