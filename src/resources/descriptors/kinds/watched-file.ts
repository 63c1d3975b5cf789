/**
 * Finds a file again of which fdinfo tells by what it is watched: by its handle, which takes
 * CAP_DAC_READ_SEARCH, or among what the program has open and where it is.
 */
import { readFileSync, statSync } from 'node:fs';
import { findPlaces } from '../../../procfs/mountinfo.ts';
import { openByHandle } from '../../../sys/file-handle.ts';
import { open, O_NONBLOCK, O_RDONLY, useAndClose } from '../../../sys/file.ts';
import { O_DIRECTORY } from '../../../sys/descriptor-flags.ts';
import type { DescriptorsImage } from '../descriptor-image.ts';

/** The kernel's own number of a device: major << 20, and minor. */
const MINOR_BITS = 20;

export interface WatchedFile {
  readonly file: string;
  readonly inode: number;
  readonly device: number;
  readonly handleType: number | undefined;
  readonly handle: Buffer;
}

/** What `work` makes of a path of ours that leads to the file; undefined: it is not found. */
export function withFile<Result>(
  tid: number,
  table: DescriptorsImage,
  watched: WatchedFile,
  work: (path: string) => Result,
): Result | undefined {
  const near = findNear(tid, table, watched);
  if (near !== undefined) return work(near);
  if (watched.handleType === undefined) return undefined;
  const { device, handle, handleType } = watched;
  const [major, minor] = [device >> MINOR_BITS, device & ((1 << MINOR_BITS) - 1)];
  const places = findPlaces(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'), major, minor);
  for (const place of places) {
    const directory = open(`/proc/${tid}/root${place}`, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    const own = useAndClose(directory, (mount) => openByHandle(mount, handleType, handle)) ?? -1;
    if (own >= 0) return useAndClose(own, (fd) => work(`/proc/self/fd/${fd}`));
  }
  return undefined;
}

function findNear(
  tid: number,
  table: DescriptorsImage,
  { inode, device }: WatchedFile,
): string | undefined {
  const open = table
    .filter((image) => image.kind === 'path' && image.inode === inode)
    .map(({ fd }) => `fd/${fd}`);
  return [...open, 'cwd', 'root']
    .map((name) => `/proc/${tid}/${name}`)
    .find((path) => isIt(path, inode, device));
}

function isIt(path: string, inode: number, device: number): boolean {
  try {
    const { dev, ino } = statSync(path);
    return ino === inode && toKernel(dev) === device;
  } catch {
    return false;
  }
}

/** As stat(2) has it: the lower 8 bits of the minor number, 12 of the major one, then the rest. */
function toKernel(dev: number): number {
  const minor = (dev & 0xff) | (Math.floor(dev / 2 ** 12) & 0xfff00);
  return (((dev >> 8) & 0xfff) << MINOR_BITS) | minor;
}
