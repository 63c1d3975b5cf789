/**
 * `belay attach`: takes a running process under supervision, and its children that run already.
 *
 *   the process ─▶ wholly taken, or an error and nothing is left behind
 *   each child  ─▶ taken, or left alone and named
 *
 * Children that are forked meanwhile come by themselves where their parent is ours already, and
 * are found by looking again where it was not: until nothing new is found, or no time is left.
 */
import { countFilters, type FilterNote, type ProcessIdentity } from '../registry/filter-notes.ts';
import { readStartTime } from '../registry/process-identity.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { Alarm } from '../sys/alarm.ts';
import { pause } from '../sys/pause.ts';
import { Children } from './children.ts';
import { findSharers } from './find-sharers.ts';
import { cannotStop, takeProcess } from './take-process.ts';

/** Chosen: how long those that cannot be stopped are waited for. */
const STOPPABLE_MAX_MS = 2000;
/** Chosen: whoever called waits for 30 s, and a machine that is busy needs some of it itself. */
const CHILDREN_MAX_MS = 15_000;
const LOOK_AGAIN_MS = 10;

/** @param notes the filters that earlier supervisors have left behind */
export function attach(
  supervisor: Supervisor,
  process_: TracedProcess,
  notes: readonly FilterNote[],
): Children {
  const filtersOf = (chain: readonly ProcessIdentity[]): number => countFilters(notes, chain);
  const self = { pid: process_.pid, startTicks: readStartTime(process_.pid) ?? 0 };
  process_.group.filterCount = filtersOf([self]);
  takeRoot(supervisor, process_);
  const children = new Children(supervisor, self, filtersOf);
  takeChildren(supervisor, children);
  findSharers(supervisor.program);
  return children;
}

function takeRoot(supervisor: Supervisor, process_: TracedProcess): void {
  const deadlineMs = performance.now() + STOPPABLE_MAX_MS;
  while (!takeProcess(supervisor, process_)) {
    if (performance.now() > deadlineMs) throw cannotStop(process_.pid);
    handleEvents(supervisor);
  }
}

function takeChildren(supervisor: Supervisor, children: Children): void {
  const endMs = performance.now() + CHILDREN_MAX_MS;
  let stoppableMs = performance.now() + STOPPABLE_MAX_MS;
  for (let pending = children.find(); pending.length > 0; pending = children.find()) {
    const waiting = pending.filter((child) => !children.take(child));
    const now = performance.now();
    if (waiting.length < pending.length) stoppableMs = now + STOPPABLE_MAX_MS;
    if (now > stoppableMs || now > endMs) for (const child of waiting) children.leave(child);
    if (now > endMs) {
      for (const child of children.find()) children.leave(child);
      return;
    }
    if (waiting.length > 0) handleEvents(supervisor);
  }
}

/** Let the others go on for a moment. */
function handleEvents({ pump }: Supervisor): void {
  const untilMs = performance.now() + LOOK_AGAIN_MS;
  const alarm = new Alarm();
  alarm.set(untilMs);
  try {
    while (performance.now() < untilMs) if (!pump.next()) pause(untilMs - performance.now());
  } finally {
    alarm.clear();
  }
}
