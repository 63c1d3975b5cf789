/** Reads files that another user may have put there: no links, no pipes, no endless ones. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const SAFE_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a regular file for reading; undefined when there is none by that name. */
export function openRegularFile(path: string): number | undefined {
  let fd;
  try {
    fd = openSync(path, SAFE_FLAGS);
  } catch {
    return undefined;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

/** The content of a regular file of at most `maxBytes`; undefined when it is anything else. */
export function readSmallFile(path: string, maxBytes: number): Buffer | undefined {
  const fd = openRegularFile(path);
  if (fd === undefined) return undefined;
  try {
    const { size } = fstatSync(fd);
    if (size > maxBytes) return undefined;
    const buffer = Buffer.alloc(size);
    return buffer.subarray(0, readSync(fd, buffer, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}
