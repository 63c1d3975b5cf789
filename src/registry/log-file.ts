/** The file `log.ndjson`, opened to add lines: by its supervisor, or by who tells of its end. */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BelayError } from '../errors.ts';
import { LOG_FILE } from './state-files.ts';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const NEWLINE = 0x0a;

/**
 * Opens or makes the log in a state directory.
 *
 * @throws Node's error with its code; ELOOP for a link; BelayError EPERM: no regular file
 */
export function openLogFile(directory: string): number {
  const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  const fd = openSync(join(directory, LOG_FILE), flags, 0o600);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new BelayError('EPERM', `${LOG_FILE} is not a regular file`);
}

/**
 * Adds a line. One that was left unfinished before it, by a full disk or a kill, gets its end: it
 * costs itself only.
 *
 * @param isAtLineStart the file is known to end with a newline
 * @returns how many bytes were added
 * @throws Node's error; the line may then be there in part
 */
export function appendLine(fd: number, line: string, isAtLineStart = false): number {
  const start = isAtLineStart || endsInLine(fd) ? '' : '\n';
  const bytes = Buffer.from(`${start}${line}\n`);
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  return bytes.length;
}

function endsInLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  return size === 0 || readSync(fd, last, 0, 1, size - 1) === 0 || last[0] === NEWLINE;
}
