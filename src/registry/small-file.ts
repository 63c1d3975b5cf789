/**
 * Reads the files of a state directory, which another user may have put there: no links, no pipes,
 * no endless ones, and none that belongs to anybody but the directory's owner.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { codeOf, type Fault } from './look-at.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const GROUP_OR_WORLD_WRITE = 0o022;
/** Chosen: four times what a log may grow to before it is put aside. */
const FILE_MAX_BYTES = 64 * 1024 * 1024;

/** Opens a file of a state directory for reading; undefined when there is none to trust. */
export function openRegularFile(path: string): number | undefined {
  const opened = openOwnFile(path, FILE_MAX_BYTES);
  return typeof opened === 'number' ? opened : undefined;
}

/** What is wrong with a file of a state directory; undefined: nothing, or it is not there. */
export function findFileFault(path: string): string | undefined {
  const opened = openOwnFile(path, FILE_MAX_BYTES);
  if (typeof opened !== 'number') return opened?.fault;
  closeSync(opened);
  return undefined;
}

/** The content of a file of at most `maxBytes`; undefined when it is anything else. */
export function readSmallFile(path: string, maxBytes: number): Buffer | undefined {
  const content = readOwnFile(path, maxBytes);
  return Buffer.isBuffer(content) ? content : undefined;
}

/** The content of a file of at most `maxBytes`, what is wrong with it, or undefined: none there. */
export function readOwnFile(path: string, maxBytes: number): Buffer | Fault | undefined {
  const fd = openOwnFile(path, maxBytes);
  if (typeof fd !== 'number') return fd;
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, 0));
  } catch (error) {
    return { fault: `${basename(path)} cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(fd);
  }
}

/** By way of its directory's descriptor: what is looked at is what is opened. */
function openOwnFile(path: string, maxBytes: number): number | Fault | undefined {
  const directory = tryOpen(dirname(path), O_DIRECTORY);
  if (typeof directory !== 'number') return directory;
  let file: number | Fault | undefined;
  try {
    file = tryOpen(`/proc/self/fd/${directory}/${basename(path)}`, 0);
    if (typeof file !== 'number') return file;
    const fault = findFault(fstatSync(file), fstatSync(directory), maxBytes);
    if (fault === undefined) return file;
    closeSync(file);
    return { fault: `${basename(path)} ${fault}` };
  } finally {
    closeSync(directory);
  }
}

function tryOpen(path: string, flags: number): number | Fault | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return undefined;
    return { fault: `${basename(path)} cannot be opened (${code})` };
  }
}

function findFault(file: Stats, directory: Stats, maxBytes: number): string | undefined {
  if (!file.isFile()) return 'is not a file';
  if (file.uid !== directory.uid) return `belongs to user ${file.uid}, not to ${directory.uid}`;
  if ((file.mode & GROUP_OR_WORLD_WRITE) !== 0) return 'can be written by others';
  if (file.size > maxBytes) return `is larger than ${maxBytes} bytes`;
  return undefined;
}
