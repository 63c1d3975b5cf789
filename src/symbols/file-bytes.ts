/**
 * Reads byte ranges of a regular file, bounds-checked, without ever throwing.
 *
 * The files are named by a target that may be hostile: opening must not block (a FIFO), must not
 * have effects (a device), and what is read may be cut short or nonsense.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** A byte range of a file or buffer; undefined when any of it is out of bounds. */
export interface FileBytes {
  readonly sizeBytes: number;
  /** Device, inode, time of change and size: equal only while the content is. */
  readonly identity: string;
  readonly inode: bigint;
  read(offset: number, lengthBytes: number): Buffer | undefined;
}

/** Chosen: above the line sections of most browsers; a look-up can hold four such at a time. */
export const MAX_READ_BYTES = 128 * 1024 * 1024;

const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a regular file for the time of one call.
 *
 * @param path - the file, one character a byte; symbolic links are followed.
 * @param use - is given the open file; what it returns is returned.
 * @returns undefined when the file cannot be opened or is not a regular one.
 */
export function withFile<Result>(
  path: string,
  use: (file: FileBytes) => Result,
): Result | undefined {
  const fd = openRegularFile(path);
  if (fd === undefined) return undefined;
  try {
    const file = describeFile(fd);
    return file === undefined ? undefined : use(file);
  } finally {
    closeSync(fd);
  }
}

function openRegularFile(path: string): number | undefined {
  try {
    const bytes = Buffer.from(path, 'latin1');
    if (!statSync(bytes).isFile()) return undefined;
    return openSync(bytes, OPEN_FLAGS);
  } catch {
    return undefined;
  }
}

function describeFile(fd: number): FileBytes | undefined {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFile()) return undefined;
  const sizeBytes = Number(stat.size);
  return {
    sizeBytes,
    identity: `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`,
    inode: stat.ino,
    read: (offset, lengthBytes) => readRange(fd, sizeBytes, offset, lengthBytes),
  };
}

function readRange(
  fd: number,
  sizeBytes: number,
  offset: number,
  lengthBytes: number,
): Buffer | undefined {
  if (!isRangeWithin(offset, lengthBytes, sizeBytes)) return undefined;
  const bytes = Buffer.allocUnsafe(lengthBytes);
  let doneBytes = 0;
  try {
    while (doneBytes < lengthBytes) {
      const count = readSync(fd, bytes, doneBytes, lengthBytes - doneBytes, offset + doneBytes);
      if (count === 0) return undefined;
      doneBytes += count;
    }
  } catch {
    return undefined;
  }
  return bytes;
}

/** Whether `offset`, `lengthBytes` name a readable part of `sizeBytes` bytes. */
export function isRangeWithin(offset: number, lengthBytes: number, sizeBytes: number): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(lengthBytes) &&
    offset >= 0 &&
    lengthBytes >= 0 &&
    lengthBytes <= MAX_READ_BYTES &&
    offset + lengthBytes <= sizeBytes
  );
}
