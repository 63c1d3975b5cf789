/** Appends records to `log.ndjson`; when that has grown too large it becomes `log.old.ndjson`. */
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE, OLD_LOG_FILE } from '../registry/state-files.ts';
import type { LogRecord } from '../protocol/records.ts';

/** Chosen: some 30,000 falls; twice this is what a program in a crash loop can take of the disk. */
export const LOG_MAX_BYTES = 16 * 1024 * 1024;

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

export class LogWriter {
  readonly #directory: string;
  readonly #maxBytes: number;
  #fd: number;
  #sizeBytes: number;

  constructor(directory: string, maxBytes: number = LOG_MAX_BYTES) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#fd = openLog(directory);
    this.#sizeBytes = fstatSync(this.#fd).size;
  }

  append(record: LogRecord): void {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    if (this.#sizeBytes > 0 && this.#sizeBytes + line.length > this.#maxBytes) this.#rotate();
    writeSync(this.#fd, line);
    this.#sizeBytes += line.length;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    renameSync(join(this.#directory, LOG_FILE), join(this.#directory, OLD_LOG_FILE));
    closeSync(this.#fd);
    this.#fd = openLog(this.#directory);
    this.#sizeBytes = 0;
  }
}

function openLog(directory: string): number {
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW;
  return openSync(join(directory, LOG_FILE), flags, 0o600);
}
