/**
 * Opens a file again that the program has closed, by the path that led to it at the point; only
 * what can be opened without consequences, and only when it is still the same file.
 */
import { readlinkSync, statSync, type Stats } from 'node:fs';
import { SYS } from '../../arch/x64/syscalls.ts';
import {
  AT_FDCWD,
  F_SETFL,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_TMPFILE_ALONE,
} from '../../sys/descriptor-flags.ts';
import { readStat } from '../../tasks/read-stat.ts';
import type { Stopped } from '../stopped.ts';
import type { DescriptorImage } from './descriptor-image.ts';

/** /dev/null, zero, random and their like. */
const MEMORY_DEVICES = 1;
/** The controlling terminal: number 0 of major 5. (Number 2 makes a new terminal when opened.) */
const TTY_DEVICE = 0x500;

/** The path by which the program can open the file; undefined: none. */
export function findPath(pid: number, image: DescriptorImage): string | undefined {
  if (image.kind !== 'path' || !image.link.startsWith('/')) return undefined;
  try {
    const root = readlinkSync(`/proc/${pid}/root`, 'latin1');
    const path = pathBelow(root, image.link);
    const stats = statSync(Buffer.from(`/proc/${pid}/root${path}`, 'latin1'));
    return isHarmless(pid, stats) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Have the program open it: its number, or minus errno. */
export function reopen({ remote }: Stopped, image: DescriptorImage, path: string): number {
  const { calls, scratch } = remote();
  const name = scratch.put(Buffer.from(`${path}\0`, 'latin1'));
  const kept = image.flags & ~(O_CLOEXEC | O_TMPFILE_ALONE);
  // Whatever lies there by now, opening it must not wait.
  const flags = kept | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const fd = calls.call(SYS.openat, AT_FDCWD, name, flags, 0);
  if (fd >= 0 && (image.flags & O_NONBLOCK) === 0) calls.call(SYS.fcntl, fd, F_SETFL, kept);
  return fd;
}

function pathBelow(root: string, path: string): string {
  if (root === '/' || !path.startsWith(`${root}/`)) return path;
  return path.slice(root.length);
}

function isHarmless(pid: number, stats: Stats): boolean {
  if (stats.isFile() || stats.isDirectory()) return true;
  if (!stats.isCharacterDevice()) return false;
  if (isMemoryDevice(stats.rdev) || stats.rdev === TTY_DEVICE) return true;
  return stats.rdev === readTerminal(pid);
}

/** Whether opening this device does nothing, and waits for nobody. */
export function isMemoryDevice(rdev: number): boolean {
  return rdev >> 8 === MEMORY_DEVICES;
}

/** The device of the controlling terminal: whatever has its number is no other terminal. */
function readTerminal(pid: number): number {
  return readStat(pid)?.terminal ?? 0;
}
