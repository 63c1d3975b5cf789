/** Reads a supervisor's log, follows it as it grows, and tells how a killed supervisor ended. */
import { appendFileSync, closeSync, fstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { isAlive } from '../registry/process-identity.ts';
import { logRecordSchema } from '../protocol/records.ts';
import type { KilledRecord, LogRecord } from '../protocol/records.ts';
import { PHASE_ROLLING_BACK, readRollbackState } from '../registry/rollback-state.ts';
import { openRegularFile } from '../registry/small-file.ts';
import { LOG_FILE, OLD_LOG_FILE, readSupervisorFile } from '../registry/state-files.ts';

/** Chosen: the longest record carries a command line of 128 KB, escaped. */
const RECORD_LINE_MAX_BYTES = 1024 * 1024;
const READ_BYTES = 64 * 1024;
/** Chosen: a fifth of a second is "at once" for a reader. */
const FOLLOW_POLL_MS = 200;
/** Chosen: finding the names of a fall in a large program takes some tenths of a second. */
const SETTLE_TIMEOUT_MS = 3000;
const SETTLE_POLL_MS = 20;

/** Every record of a log, oldest first. Lines that are no records are left out. */
export function* readLog(directory: string): Generator<LogRecord, void> {
  let last: LogRecord | undefined;
  for (const name of [OLD_LOG_FILE, LOG_FILE]) {
    const tail = LogTail.open(join(directory, name));
    if (tail === undefined) continue;
    for (const record of tail.read()) {
      last = record;
      yield record;
    }
    tail.close();
  }
  yield* readEnding(directory, last);
}

/** As readLog, and then what is added, until the supervisor has ended. */
export function followLog(directory: string): AsyncGenerator<LogRecord, void> {
  return readUntil(directory, () => false, FOLLOW_POLL_MS);
}

/**
 * As readLog; but when the program has just ended, its supervisor is given the time to write what
 * it knows of that.
 */
export async function* readSettledLog(directory: string): AsyncGenerator<LogRecord, void> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  const file = readSupervisorFile(directory);
  let isEndWritten = file === undefined;
  const isEnough = (): boolean =>
    isEndWritten ||
    performance.now() > deadline ||
    (file !== undefined && isAlive(file.pid, file.startTime));
  for await (const record of readUntil(directory, isEnough, SETTLE_POLL_MS)) {
    if (record.pid === file?.pid) isEndWritten = isEnding(record);
    yield record;
  }
}

/** Reads on until the supervisor has ended, or enough has been read. */
async function* readUntil(
  directory: string,
  isEnough: () => boolean,
  pollMs: number,
): AsyncGenerator<LogRecord, void> {
  const old = LogTail.open(join(directory, OLD_LOG_FILE));
  if (old !== undefined) {
    yield* old.read();
    old.close();
  }
  const path = join(directory, LOG_FILE);
  let tail = LogTail.open(path);
  let last: LogRecord | undefined;
  for (;;) {
    const isLast = !isSupervisorAlive(directory) || isEnough();
    for (const record of tail?.read() ?? []) {
      last = record;
      yield record;
    }
    const next = LogTail.open(path);
    if (next !== undefined && next.inode !== tail?.inode) {
      tail?.close();
      tail = next;
      continue;
    }
    next?.close();
    if (isLast) break;
    await sleep(pollMs);
  }
  tail?.close();
  yield* readEnding(directory, last);
}

/** What a supervisor that was killed could not write itself. */
function* readEnding(directory: string, last: LogRecord | undefined): Generator<LogRecord, void> {
  const killed = noteInterruption(directory);
  if (killed !== undefined) yield killed;
  else if (last !== undefined && !isEnding(last) && !isSupervisorAlive(directory)) {
    const reason = 'its supervisor ended without notice, and it went on by itself';
    yield { type: 'detach', time: last.time, pid: last.pid, reason };
  }
}

function isEnding({ type }: LogRecord): boolean {
  return type === 'exit' || type === 'detach' || type === 'killed';
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
  const tail = LogTail.open(join(directory, LOG_FILE));
  const isNoted = tail === undefined ? false : [...tail.read()].some(isSameAs(record));
  tail?.close();
  if (isNoted) return undefined;
  appendIfOurs(directory, record);
  return record;
}

function isSameAs(killed: KilledRecord): (record: LogRecord) => boolean {
  return (record) => record.type === 'killed' && record.time === killed.time;
}

/** Root reads other users' logs and does not write in their directories. */
function appendIfOurs(directory: string, record: KilledRecord): void {
  const tail = LogTail.open(join(directory, LOG_FILE));
  const isOurs = tail?.uid === process.geteuid?.();
  tail?.close();
  if (!isOurs) return;
  try {
    appendFileSync(join(directory, LOG_FILE), `${JSON.stringify(record)}\n`);
  } catch {
    // Shown all the same; the next reader tries again.
  }
}

function isSupervisorAlive(directory: string): boolean {
  const file = readSupervisorFile(directory);
  return file !== undefined && isAlive(file.supervisorPid, file.supervisorStartTime);
}

/** An open log file and how far it has been read. */
class LogTail {
  readonly inode: number;
  readonly uid: number;
  readonly #fd: number;
  readonly #splitter = new LineSplitter(RECORD_LINE_MAX_BYTES);
  #offset = 0;

  static open(path: string): LogTail | undefined {
    const fd = openRegularFile(path);
    return fd === undefined ? undefined : new LogTail(fd);
  }

  private constructor(fd: number) {
    const { ino, uid } = fstatSync(fd);
    this.#fd = fd;
    this.inode = ino;
    this.uid = uid;
  }

  /** The records that have come since the last call. */
  *read(): Generator<LogRecord, void> {
    for (;;) {
      const chunk = Buffer.alloc(READ_BYTES);
      const length = readSync(this.#fd, chunk, 0, READ_BYTES, this.#offset);
      if (length === 0) return;
      this.#offset += length;
      for (const line of this.#splitter.push(chunk.subarray(0, length)) ?? []) {
        const record = parseRecord(line);
        if (record !== undefined) yield record;
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function parseRecord(line: string): LogRecord | undefined {
  try {
    const parsed = logRecordSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
