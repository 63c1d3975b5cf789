/** How long a record may be, and how it is made to fit: the same for who writes and who reads. */
import type { FallRecord, SupervisorEvent } from './records.ts';

/** Chosen: the names of some 10,000 things that a rollback could not put back. */
export const RECORD_MAX_BYTES = 1024 * 1024;

/** Chosen: a path of 4096 bytes and what there is to say of it. */
const WARNING_MAX_CHARS = 8192;
/** Chosen: for what a fall has besides its warnings: a mapping and a place, by their paths. */
const OTHERS_MAX_BYTES = 256 * 1024;

/** The record, with so many of its warnings that it can be read; of the others their number. */
export function fitRecord(record: SupervisorEvent): SupervisorEvent {
  return record.type === 'fall' ? { ...record, warnings: fitWarnings(record) } : record;
}

function fitWarnings({ warnings }: FallRecord): string[] {
  let leftBytes = RECORD_MAX_BYTES - OTHERS_MAX_BYTES;
  const fitting: string[] = [];
  for (const warning of warnings) {
    const cut = shorten(warning);
    leftBytes -= sizeOf(cut);
    if (leftBytes < 0) return [...fitting, `and ${warnings.length - fitting.length} more`];
    fitting.push(cut);
  }
  return fitting;
}

/** In JSON, with the comma. */
function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) + 1;
}

function shorten(warning: string): string {
  return warning.length <= WARNING_MAX_CHARS ? warning : `${warning.slice(0, WARNING_MAX_CHARS)}…`;
}
