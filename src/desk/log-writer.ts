/**
 * Appends records to `log.ndjson`; when that has grown too large it becomes `log.old.ndjson`.
 *
 * Nothing that goes wrong here is more than the loss of records, and that is told: how many, since
 * when and why is the next thing that is written. A log that was deleted, or moved away, is made
 * anew at the next record.
 */
import { closeSync, fstatSync, lstatSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import type { LogRecord, LostRecord } from '../protocol/records.ts';
import { RECORD_MAX_BYTES } from '../protocol/record-size.ts';
import { appendLine, openLogFile } from '../registry/log-file.ts';
import { LOG_FILE, OLD_LOG_FILE } from '../registry/state-files.ts';

/** Chosen: some 30,000 falls; twice this is what a program in a crash loop can take of the disk. */
export const LOG_MAX_BYTES = 16 * 1024 * 1024;

export class LogWriter {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #remake: () => void;
  #fd: number | undefined;
  /** Where our last line ended: nobody's half a line is before it. */
  #endBytes = 0;
  #lost: LostRecord | undefined;

  /** @param remake makes the directory again when it is gone */
  constructor(directory: string, maxBytes: number = LOG_MAX_BYTES, remake = doNothing) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#remake = remake;
  }

  /** What could not be written yet. */
  get lost(): LostRecord | undefined {
    return this.#lost;
  }

  /** Writes records after what there is to tell of lost ones, or counts them as lost. */
  append(...records: readonly LogRecord[]): void {
    let isInPlace = false;
    for (const record of records) {
      if (this.flush()) isInPlace = this.#try(record, isInPlace);
      else this.#lose(record, this.#lost?.reason ?? '');
    }
  }

  /** Tells of lost records, if that is possible now. True: there are none, or they are told of. */
  flush(): boolean {
    const lost = this.#lost;
    if (lost === undefined) return true;
    this.#lost = undefined;
    return this.#try({ ...lost, time: Date.now() });
  }

  close(): void {
    this.flush();
    this.#closeFile();
  }

  /** `isInPlace`: the file has just been looked at, and written. */
  #try(record: LogRecord, isInPlace = false): boolean {
    const line = JSON.stringify(record);
    const lineBytes = Buffer.byteLength(line);
    if (lineBytes > RECORD_MAX_BYTES) {
      this.#lose(record, `a record of ${lineBytes} bytes is too long`);
      return false;
    }
    try {
      this.#write(line, lineBytes, isInPlace);
      return true;
    } catch (error) {
      this.#lose(record, `the log cannot be written: ${whyOf(error)}`);
      return false;
    }
  }

  #lose(record: LogRecord, reason: string): void {
    const isLost = record.type === 'lost';
    const { count = 0, since = isLost ? record.since : record.time } = this.#lost ?? {};
    const { time, pid } = record;
    const lostCount = count + (isLost ? record.count : 1);
    this.#lost = { type: 'lost', time, pid, count: lostCount, since, reason };
  }

  #write(line: string, lineBytes: number, isInPlace: boolean): void {
    let fd = isInPlace && this.#fd !== undefined ? this.#fd : this.#open();
    let size = isInPlace ? this.#endBytes : fstatSync(fd).size;
    if (size > 0 && size + lineBytes >= this.#maxBytes) {
      fd = this.#rotate();
      size = 0;
    }
    const isOurs = size > 0 && size === this.#endBytes;
    this.#endBytes = size + appendLine(fd, line, isOurs);
  }

  /** The file that has the log's name now. */
  #open(): number {
    if (this.#fd !== undefined && !this.#isInPlace(this.#fd)) this.#closeFile();
    return (this.#fd ??= this.#openAnew());
  }

  #isInPlace(fd: number): boolean {
    const ours = fstatSync(fd);
    const there = lstatSync(join(this.#directory, LOG_FILE), { throwIfNoEntry: false });
    return there?.ino === ours.ino && there.dev === ours.dev;
  }

  #openAnew(): number {
    try {
      return openLogFile(this.#directory);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      this.#remake();
      return openLogFile(this.#directory);
    }
  }

  #rotate(): number {
    renameSync(join(this.#directory, LOG_FILE), join(this.#directory, OLD_LOG_FILE));
    return this.#open();
  }

  #closeFile(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function doNothing(): void {
  // The directory is there for as long as its supervisor, or the log is lost with it.
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno } = error as NodeJS.ErrnoException;
  return errno === undefined ? error.message : getSystemErrorMessage(errno);
}
