/** An open log file and how far it has been read. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { LineSplitter } from '../protocol/line-splitter.ts';
import { RECORD_MAX_BYTES } from '../protocol/record-size.ts';
import type { LogRecord } from '../protocol/records.ts';
import { readLogLine, type UnknownRecord } from '../protocol/unknown-record.ts';
import { openRegularFile } from '../registry/small-file.ts';
import type { Allowance } from './allowance.ts';

/** Chosen: earlier releases had no limit of their own for what they wrote. */
const LINE_MAX_BYTES = 4 * RECORD_MAX_BYTES;
const READ_BYTES = 64 * 1024;

export type LogEntry = LogRecord | UnknownRecord;

/** Lines that are no records at all, of all files of a log. */
export interface BadLines {
  count: number;
}

export interface ReadLimits {
  /** How the lines begin that are looked at; all by default. */
  readonly wanted?: RegExp;
  /** What may be read; all by default. */
  readonly allowance?: Allowance;
}

export class LogTail {
  readonly inode: number;
  readonly uid: number;
  readonly #fd: number;
  readonly #bad: BadLines;
  readonly #limits: ReadLimits;
  #splitter = new LineSplitter(LINE_MAX_BYTES);
  #offset = 0;

  /** Undefined: there is no such file, or it is a link, or no regular one. */
  static open(path: string, bad: BadLines, limits: ReadLimits = {}): LogTail | undefined {
    const fd = openRegularFile(path);
    return fd === undefined ? undefined : new LogTail(fd, bad, limits);
  }

  private constructor(fd: number, bad: BadLines, limits: ReadLimits) {
    this.#limits = limits;
    const { ino, uid } = fstatSync(fd);
    this.#fd = fd;
    this.#bad = bad;
    this.inode = ino;
    this.uid = uid;
  }

  /** What has come since the last call. */
  *read(): Generator<LogEntry, void> {
    this.#startAnewIfCut();
    const { allowance } = this.#limits;
    while (allowance?.isUsedUp() !== true) {
      const chunk = Buffer.alloc(READ_BYTES);
      const length = readSync(this.#fd, chunk, 0, READ_BYTES, this.#offset);
      if (length === 0) return;
      this.#offset += length;
      allowance?.take(length);
      const { tooLongCount } = this.#splitter;
      for (const line of this.#splitter.push(chunk.subarray(0, length))) yield* this.#parse(line);
      this.#bad.count += this.#splitter.tooLongCount - tooLongCount;
    }
  }

  /** As read, and to the end: what there is of a last line is all there will be. Then closed. */
  *readWhole(): Generator<LogEntry, void> {
    try {
      yield* this.read();
      const rest = this.#splitter.end();
      if (rest !== undefined) yield* this.#parse(rest);
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Somebody has emptied the file, as copying rotators do. */
  #startAnewIfCut(): void {
    if (fstatSync(this.#fd).size >= this.#offset) return;
    this.#offset = 0;
    this.#splitter = new LineSplitter(LINE_MAX_BYTES);
  }

  *#parse(line: string): Generator<LogEntry, void> {
    if (line === '' || this.#limits.wanted?.test(line) === false) return;
    const entry = readLogLine(line);
    if (entry === undefined) this.#bad.count += 1;
    else yield entry;
  }
}
