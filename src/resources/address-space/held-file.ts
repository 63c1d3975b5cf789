/**
 * Holding a mapped file that the program could not open again, and opening it when it is needed.
 *
 * It is found through map_files, which takes privilege, or else among the program's own
 * descriptors. Only the file itself is held (O_PATH), which nobody notices who runs it, asks for a
 * lease on it or closes it to give up a lock: it is open neither for reading nor for writing. A
 * device is not held, since it would have to be open, and may be there for one only. Secret memory
 * (memfd_secret(2)) cannot be opened again: a copy of the program's descriptor holds it.
 */
import { readdirSync } from 'node:fs';
import type { Mapping } from '../../procfs/maps.ts';
import { O_PATH } from '../../sys/descriptor-flags.ts';
import { O_RDONLY, O_RDWR, openBytes } from '../../sys/file.ts';
import { getDescriptor } from '../../sys/pidfd.ts';
import { statKnownLink, typeOf, type FileStatus } from '../../sys/statx.ts';
import type { Access } from './access.ts';

/** Nothing that a path can lead to may block or become our terminal. */
const O_NONBLOCK_NOCTTY = 0o4400;
/** Mapping /dev/zero is as good as mapping nothing: makedev(1, 5). */
const DEV_ZERO = 0x105;

const ENOENT = 2;

/** A descriptor of ours for the file behind a mapping of thread `tid`, or minus errno. */
export function holdFile(tid: number, mapping: Mapping): number {
  if (isSecret(mapping)) return holdFromProgram(tid, mapping);
  const { start, end } = mapping;
  const held = hold(`/proc/${tid}/map_files/${start.toString(16)}-${end.toString(16)}`);
  return held >= 0 ? held : holdFromProgram(tid, mapping);
}

/** Open what is held as it was opened to be mapped: a new descriptor, or minus errno. */
export function openHeld(fd: number, mapping: Mapping, access: Access): number {
  if (isSecret(mapping)) return getDescriptor(process.pid, fd);
  return openBytes(Buffer.from(`/proc/self/fd/${fd}`), flagsOf(access));
}

/** How a file is opened to be mapped. */
export function flagsOf(access: Access): number {
  return (access === 'write' ? O_RDWR : O_RDONLY) | O_NONBLOCK_NOCTTY;
}

/** To open anything else can wait, or do something. */
export function isHarmless(file: FileStatus): boolean {
  return typeOf(file) === 'regular' || file.rdev === DEV_ZERO;
}

export function isFileOf(mapping: Mapping, file: FileStatus): boolean {
  return file.ino === mapping.inode && isDeviceOf(mapping, file);
}

function isSecret({ path }: Mapping): boolean {
  return path.startsWith('/secretmem');
}

function holdFromProgram(tid: number, mapping: Mapping): number {
  const directory = `/proc/${tid}/fd`;
  try {
    const name = readdirSync(directory).find((each) => {
      const file = statKnownLink(`${directory}/${each}`);
      return file !== undefined && isFileOf(mapping, file);
    });
    if (name === undefined) return -ENOENT;
    return isSecret(mapping) ? getDescriptor(tid, Number(name)) : hold(`${directory}/${name}`);
  } catch {
    return -ENOENT;
  }
}

function hold(link: string): number {
  const file = statKnownLink(link);
  const isOpenable = file !== undefined && isHarmless(file);
  return isOpenable ? openBytes(Buffer.from(link), O_PATH) : -ENOENT;
}

/**
 * maps shows the file system's device. Where that is no real one (major 0), a file system may show
 * other devices to stat(2), as btrfs and overlayfs do.
 */
function isDeviceOf(mapping: Mapping, { dev }: FileStatus): boolean {
  const [major = 0, minor = 0] = numbersOf(mapping);
  if (major === 0) return true;
  return dev === ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xff) * 2 ** 12));
}

function numbersOf({ device }: Mapping): number[] {
  return device.split(':').map((part) => Number.parseInt(part, 16));
}
