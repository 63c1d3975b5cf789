/** Reads a supervisor's log, follows it as it grows, and tells how a killed supervisor ended. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KilledRecord, LogRecord } from '../protocol/records.ts';
import { appendLine, openLogFile } from '../registry/log-file.ts';
import { isAlive, readStartTime } from '../registry/process-identity.ts';
import {
  PHASE_ENDED,
  PHASE_ROLLING_BACK,
  readRollbackState,
  type RollbackState,
} from '../registry/rollback-state.ts';
import { LOG_FILE, OLD_LOG_FILE, readSupervisorFile } from '../registry/state-files.ts';
import { LogTail, type BadLines, type LogEntry } from './log-tail.ts';

/** Chosen: a fifth of a second is "at once" for a reader. */
const FOLLOW_POLL_MS = 200;
/** Chosen: finding the names of a fall in a large program takes some tenths of a second. */
const SETTLE_TIMEOUT_MS = 3000;
const SETTLE_POLL_MS = 20;

/** What is last told of a process. */
const ENDINGS: readonly string[] = ['exit', 'detach', 'killed'];

/**
 * Every record of a log, oldest first; those that this release does not know are among them.
 *
 * @param bad counts lines that are no records at all
 */
export function* readLog(
  directory: string,
  bad: BadLines = { count: 0 },
): Generator<LogEntry, void> {
  const seen = new Seen();
  for (const tail of openTails(directory, bad)) yield* note(seen, tail.readWhole());
  yield* readEnding(directory, seen);
}

/** As readLog, and then what is added, until the supervisor has ended. */
export function followLog(directory: string, bad?: BadLines): AsyncGenerator<LogEntry, void> {
  return readUntil(directory, () => false, FOLLOW_POLL_MS, bad);
}

/**
 * As readLog; but when the program has just ended, its supervisor is given the time to write what
 * it knows of that.
 */
export async function* readSettledLog(
  directory: string,
  bad?: BadLines,
): AsyncGenerator<LogEntry, void> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  const file = readSupervisorFile(directory);
  let isEndWritten = file === undefined;
  const isEnough = (): boolean =>
    isEndWritten ||
    performance.now() > deadline ||
    (file !== undefined && isAlive(file.pid, file.startTime));
  for await (const record of readUntil(directory, isEnough, SETTLE_POLL_MS, bad)) {
    if (record.pid === file?.pid) isEndWritten = ENDINGS.includes(record.type);
    yield record;
  }
}

/** The old file and the one that is written: found first, since it may become the old one. */
function openTails(directory: string, bad: BadLines): LogTail[] {
  const current = LogTail.open(join(directory, LOG_FILE), bad);
  const old = LogTail.open(join(directory, OLD_LOG_FILE), bad);
  const isSame = old?.inode === current?.inode;
  if (isSame) old?.close();
  return [isSame ? undefined : old, current].filter((tail) => tail !== undefined);
}

/** Reads on until the supervisor has ended, or enough has been read. */
async function* readUntil(
  directory: string,
  isEnough: () => boolean,
  pollMs: number,
  bad: BadLines = { count: 0 },
): AsyncGenerator<LogEntry, void> {
  const seen = new Seen();
  const olds = openTails(directory, bad);
  let tail = olds.pop();
  for (const old of olds) yield* note(seen, old.readWhole());
  for (;;) {
    const isLast = !isSupervisorAlive(directory) || isEnough();
    // Opened before we read: once it is another file, nothing more comes to the one that we have.
    const next = LogTail.open(join(directory, LOG_FILE), bad);
    if (next !== undefined && next.inode !== tail?.inode) {
      if (tail !== undefined) yield* note(seen, tail.readWhole());
      tail = next;
      continue;
    }
    next?.close();
    if (tail !== undefined) yield* note(seen, tail.read());
    if (isLast) break;
    await sleep(pollMs);
  }
  if (tail !== undefined) yield* note(seen, tail.readWhole());
  yield* readEnding(directory, seen);
}

/** What was read so far, of which a supervisor that was killed could not write the end. */
class Seen {
  /** Of processes whose end, or that of the supervision, has not come yet. */
  readonly open = new Set<number>();
  last: LogRecord | undefined;

  add(record: LogRecord): void {
    this.last = record;
    const { type, pid } = record;
    if (type === 'detach') this.open.clear();
    else if (type === 'exit' || type === 'killed') this.open.delete(pid);
    else if (type !== 'lost' && type !== 'warning') this.open.add(pid);
    if (type === 'fork') this.open.add(record.child);
  }
}

function* note(seen: Seen, entries: Iterable<LogEntry>): Generator<LogEntry, void> {
  for (const entry of entries) {
    if (entry.type !== 'unknown') {
      // It has another supervisor: the one before was killed, or its end is among lost records.
      if (entry.type === 'start' && seen.open.has(entry.pid)) yield endedUnseen(seen, entry.pid);
      if (entry.type === 'start') seen.open.clear();
      seen.add(entry);
    }
    yield entry;
  }
}

/** What a supervisor that was killed could not write itself, or one whose disk was full. */
function* readEnding(directory: string, seen: Seen): Generator<LogRecord, void> {
  const killed = noteInterruption(directory);
  if (killed !== undefined) {
    seen.add(killed);
    yield killed;
  }
  if (isSupervisorAlive(directory)) return;
  const state = readRollbackState(directory);
  if (state?.phase === PHASE_ENDED) {
    yield* unloggedOf(state, seen);
    return;
  }
  const file = readSupervisorFile(directory);
  for (const pid of seen.open) {
    const isRoot = pid === file?.pid;
    const isGone = isRoot ? !isAlive(pid, file.startTime) : readStartTime(pid) === undefined;
    // Nothing is known of a child but that there is none of that pid any more.
    if (isRoot || !isGone) yield endedUnseen(seen, pid, isGone);
  }
}

/** When it was is not known: its time is that of the last record. */
function endedUnseen({ last }: Seen, pid: number, isGone = false): LogRecord {
  const went = isGone
    ? 'and it went on by itself, or had ended before'
    : 'and it went on by itself';
  const reason = `its supervisor ended without notice, some time after this, ${went}`;
  return { type: 'detach', time: last?.time ?? 0, pid, reason };
}

/** What the supervisor said in the `state` file, since there was no room for it in the log. */
function* unloggedOf({ pid, cd: count, timeMs }: RollbackState, { last }: Seen) {
  if (count === 0) return;
  const reason = 'the log could not be written, to the end of the supervision';
  const since = last?.time ?? timeMs;
  yield { type: 'lost', time: timeMs, pid: Math.max(1, pid), count, since, reason } as const;
}

/**
 * A record of a rollback that the supervisor's death cut short; it is added to the log, once.
 *
 * @returns the record if the log did not have it yet
 */
function noteInterruption(directory: string): KilledRecord | undefined {
  if (isSupervisorAlive(directory)) return undefined;
  const state = readRollbackState(directory);
  if (state === undefined || state.phase !== PHASE_ROLLING_BACK) return undefined;
  const record: KilledRecord = {
    type: 'killed',
    time: state.timeMs,
    pid: Math.max(1, state.pid),
    cd: state.cd,
    message:
      `the supervisor was killed in the middle of ${state.cd === 0 ? 'its work' : 'a rollback'}; ` +
      'the program was ended by SIGKILL rather than run on mixed state',
  };
  const tail = LogTail.open(join(directory, LOG_FILE), { count: 0 });
  const isNoted = tail === undefined ? false : [...tail.readWhole()].some(isSameAs(record));
  if (isNoted) return undefined;
  appendIfOurs(directory, record);
  return record;
}

function isSameAs(killed: KilledRecord): (record: LogEntry) => boolean {
  return (record) => record.type === 'killed' && record.time === killed.time;
}

/** Root reads other users' logs and does not write in their directories. */
function appendIfOurs(directory: string, record: KilledRecord): void {
  const tail = LogTail.open(join(directory, LOG_FILE), { count: 0 });
  const isOurs = tail?.uid === process.geteuid?.();
  tail?.close();
  if (!isOurs) return;
  try {
    const fd = openLogFile(directory);
    try {
      appendLine(fd, JSON.stringify(record));
    } finally {
      closeSync(fd);
    }
  } catch {
    // Shown all the same; the next reader tries again.
  }
}

function isSupervisorAlive(directory: string): boolean {
  const file = readSupervisorFile(directory);
  return file !== undefined && isAlive(file.supervisorPid, file.supervisorStartTime);
}
