/** What a descriptor of a process is: of which kind, and what a socket or a terminal is like. */
import { readFileSync } from 'node:fs';
import type { FileKind } from '../arch/x64/transfer-calls.ts';
import type { TracedProcess } from '../engine/traced-process.ts';
import { parseFdInfo } from '../procfs/fdinfo.ts';
import { O_NONBLOCK } from '../sys/file.ts';
import { isStreamSocket, isUnixSocket } from '../sys/getsockopt.ts';
import { statKnownLink, typeOf } from '../sys/statx.ts';
import { isTerminalDevice, isTerminalMaster, readRawMode, type RawMode } from '../sys/termios.ts';
import { withDescriptor } from './with-descriptor.ts';

/** /dev/zero, full, random and urandom. */
const MEMORY_MAJOR = 1;
const ENDLESS_MINORS: ReadonlySet<number> = new Set([5, 7, 8, 9]);

export interface SocketKind {
  readonly isStream: boolean;
  readonly isUnix: boolean;
}

/** What a descriptor of the process is, if it blocks. */
export function readFileKind(pid: number, fd: number): FileKind | undefined {
  try {
    const info = parseFdInfo(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
    if (info === undefined || (info.flags & O_NONBLOCK) !== 0) return undefined;
    const status = statKnownLink(`/proc/${pid}/fd/${fd}`);
    if (status === undefined) return undefined;
    const type = typeOf(status);
    if (type === 'pipe') return 'stream';
    return type === 'device' ? kindOfDevice(status.rdev) : type;
  } catch {
    return undefined; // the process is gone, or the descriptor is
  }
}

/** What the socket is; undefined: it is gone. */
export function readSocketKind(process_: TracedProcess, fd: number): SocketKind | undefined {
  return withDescriptor(process_, fd, (own) => ({
    isStream: isStreamSocket(own),
    isUnix: isUnixSocket(own),
  }));
}

/** How a terminal is read; undefined: by lines, or it is none. */
export function readTerminalMode(process_: TracedProcess, fd: number): RawMode | undefined {
  return withDescriptor(process_, fd, readRawMode);
}

/** By the numbers of Documentation/admin-guide/devices.txt. */
function kindOfDevice(rdev: number): FileKind | undefined {
  const major = rdev >> 8;
  if (major === MEMORY_MAJOR) return ENDLESS_MINORS.has(rdev & 0xff) ? 'endless' : undefined;
  if (isTerminalMaster(rdev)) return 'stream';
  return isTerminalDevice(rdev) ? 'terminal' : undefined;
}
