/**
 * What the worker has not written when the program has ended, as on a machine that has no time for
 * it, or while it reads symbols: written by the tracer itself, without names.
 */
import { formatFallLine } from '../protocol/fall-line.ts';
import { fitRecord } from '../protocol/record-size.ts';
import type { LostRecord, SupervisorEvent, WarningRecord } from '../protocol/records.ts';
import { CallerLines } from './caller-lines.ts';
import type { Opening } from './messages.ts';
import { openLog, type Place } from './place.ts';

const NO_TIME = 'there was no time to look it up before the program had ended';

/**
 * @param lost what nobody has any more; a count of 0 is not told of
 * @returns how many records could not be written
 */
export function writeLast(
  place: Place,
  events: readonly SupervisorEvent[],
  lost: LostRecord,
): number {
  const log = openLog(place);
  const caller = new CallerLines(place.verboseFd);
  if (lost.count > 0) log.append(lost);
  for (const event of events) {
    const record = fitRecord(withoutNames(event));
    if (record.type !== 'point') log.append(record);
    if (record.type === 'fall' || record.type === 'giveup') caller.say(formatFallLine(record));
  }
  log.close();
  return log.lost?.count ?? 0;
}

/** There is no worker any more; `unopened` is what the last one did not begin its log with. */
export function writeWarning(
  place: Place,
  unopened: readonly Opening[],
  warning: WarningRecord,
): void {
  try {
    new CallerLines(place.verboseFd).say(warning.message);
    const log = openLog(place);
    log.append(...unopened, warning);
    log.close();
  } catch {
    // The disk is what it died of, perhaps.
  }
}

function withoutNames(event: SupervisorEvent): SupervisorEvent {
  const isFallen = event.type === 'fall' || event.type === 'giveup';
  return isFallen ? { ...event, unnamed: event.unnamed ?? NO_TIME } : event;
}
